// Values in RDB form: one save and one load per type, found by table. Used by files, DUMP and RESTORE.
#pragma once

#include <optional>

#include "cache/base/clock.h"
#include "cache/persist/rdb_decoder.h"
#include "cache/persist/rdb_encoder.h"
#include "cache/store/entry.h"

namespace sabil::cache {

// The form an entry is written in, for readers that know this RDB version. Hashes whose fields expire need version 12
// whatever the reader. Thread-safety: pure.
rdb::Type rdb_type_of(const Entry& entry, unsigned version);
// Whether an entry has an RDB form: not blobs and remembered absences.
bool has_rdb_form(const Entry& entry) noexcept;
// The value without its type byte.
void save_rdb_value(const Entry& entry, rdb::Type type, RdbEncoder& to);

struct RdbLoadRules {
    const EncodingLimits& encodings;
    WallTime now;  // fields of hashes that have expired by then are left out
};
// nullopt, with the decoder's error set, on damage. A container may come out empty: then there is no key.
std::optional<Value> load_rdb_value(std::uint8_t type, RdbDecoder& from, const RdbLoadRules& rules);
bool is_empty_container(const Value& value) noexcept;

}  // namespace sabil::cache
