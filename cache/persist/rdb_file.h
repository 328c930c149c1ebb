// Whole keyspaces as RDB files. No files are opened here: bytes go to a sink and come from a source.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "cache/base/result.h"
#include "cache/persist/byte_sink.h"
#include "cache/persist/rdb_decoder.h"
#include "cache/store/keyspace.h"

namespace sabil::cache {

// Writes one AUX record.
using AuxWriter = std::function<void(std::string_view name, std::string_view value)>;

struct RdbSaveOptions {
    bool compress = true;                                      // rdbcompression
    bool checksum = true;                                      // rdbchecksum
    std::span<const std::pair<std::string, std::string>> aux;  // "redis-ver", "ctime", ... as AUX records
    std::span<const std::string> functions;                    // the code of function libraries
    std::function<void(const AuxWriter&)> more_aux;  // after the keys; Redis skips what it does not know
    std::function<void(std::uint64_t keys)> progress;          // now and then, with the keys written so far
    std::uint64_t keys_per_progress = 1024;
};

struct RdbSaveResult {
    std::uint64_t keys = 0;
    std::uint64_t bytes = 0;
};

// Writes every owned key that has not expired. Needs a LockSet of all slices, or a forked child's own memory. Errors:
// the sink's.
Result<RdbSaveResult> save_rdb(Keyspace& keyspace, const RdbSaveOptions& options, ByteSink& sink);

struct RdbLoadOptions {
    bool checksum = true;
    bool drop_expired = true;       // false for replicas: keys that have expired are loaded as well
    bool replace_existing = false;  // a key that is there already: error, or replace
    std::function<void(std::string_view name, std::string_view value)> aux;
    std::function<Result<void>(std::string_view code)> function;  // a library's code; without it they are ignored
    std::function<Result<void>(std::uint64_t keys, std::uint64_t bytes)> progress;  // now and then; an error ends it
    std::uint64_t keys_per_progress = 1024;
};

struct RdbLoadResult {
    std::uint64_t keys = 0;
    std::uint64_t expired = 0;  // keys left out because their time had passed
    std::uint64_t bytes = 0;    // up to the end of the file; what follows belongs to others (an AOF)
    unsigned version = 0;
};

// Adds the file's keys. Takes each key's slice in turn. Errors (invalid): damage, with its offset; a version above
// ours; a module's data; the source's own. What was loaded before an error stays: the caller decides.
Result<RdbLoadResult> load_rdb(RdbDecoder& from, Keyspace& keyspace, const RdbLoadOptions& options);

}  // namespace sabil::cache
