// DUMP and RESTORE: type (1) | value | RDB version (2, little-endian) | CRC-64 (8, little-endian) of all before it.
#pragma once

#include <string>
#include <string_view>

#include "cache/base/result.h"
#include "cache/persist/rdb_value.h"

namespace sabil::cache {

// Requires has_rdb_form(entry). Thread-safety: under the slice's lock.
std::string dump_payload(const Entry& entry);
// Errors where the payload's version is newer than ours, its checksum is wrong or its bytes are damaged: Redis answers
// the first two with "DUMP payload version or checksum are wrong" and the last with "Bad data format".
enum class RestoreError : std::uint8_t { version_or_checksum, bad_data };
tl::expected<Value, RestoreError> restore_payload(std::string_view payload, const RdbLoadRules& rules);

}  // namespace sabil::cache
