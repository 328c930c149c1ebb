// The values of filled entries as bytes, remembered absences and results of statements included:
//   u8 0: absence | u8 1, RDB type, value in RDB form | u8 2, u16 length and metadata of a blob, its bytes
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cache/persist/rdb_value.h"

namespace sabil::cache {

void append_filled_value(std::string& out, const Entry& entry);
// nullopt: damaged.
std::optional<Value> read_filled_value(std::string_view bytes, const RdbLoadRules& rules);

}  // namespace sabil::cache
