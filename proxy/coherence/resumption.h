// Where a process stood in the binlog, as bytes for the one after it. See save_point.h.
//
//   "SABILRSM" u32 format; u64 hash check; identity: u8 kind, text uuid, u32 server id, i64 start, u64 resets;
//   u64 epoch, u64 n; u8 by set: text GTID set | text file, u64 offset, text GTID position;
//   u32 next signature, u32 count: { text schema, text table, u32 id, u16 count: { u16 column }, u8 shape, u64 bound };
//   the schemas (saved_schemas.h); u64 hash of all before
//   text: u32 length and bytes; integers little-endian
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cache/base/result.h"
#include "invalidation/ledger.h"
#include "invalidation/schema/definition.h"
#include "invalidation/tailer/executed.h"
#include "mysql/client/server_identity.h"

namespace sabil::proxy::coherence {

// Thread-safety: a value type.
struct Resumption {
    mysql::ServerIdentity identity;      // without its version
    std::uint64_t resets = 0;            // RESET statements that the server process had run
    invalidation::Floor applied;         // A
    invalidation::Visible at;            // all groups up to here are applied, and no others
    mysql::binlog::MariadbGtidPosition gtids;  // MariaDB: at that place
    invalidation::Ledger::Registry registry;
    std::vector<invalidation::SchemaDefinition> schemas;  // as of A

    static constexpr std::size_t bytes_max = 16U << 20;  // what is longer is not to be used
    std::string encode() const;
    // Errors: invalid, also for bytes of another build, whose hashes are not ours.
    static Result<Resumption> decode(std::string_view bytes);
};

}  // namespace sabil::proxy::coherence
