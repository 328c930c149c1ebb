// Whole keyspaces as commands that make them again: the base of an append-only file without RDB preamble.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "cache/base/result.h"
#include "cache/persist/byte_sink.h"
#include "cache/store/keyspace.h"

namespace sabil::cache {

struct AofRewriteOptions {
    std::span<const std::string> libraries;            // the code of function libraries
    std::function<void(std::uint64_t keys)> progress;  // now and then, with the keys written so far
    std::uint64_t keys_per_progress = 1024;
};

// Writes every owned key that has not expired. Needs a LockSet of all slices, or a forked child's own memory. Errors:
// the sink's.
Result<void> rewrite_as_commands(Keyspace& keyspace, const AofRewriteOptions& options, ByteSink& sink);

}  // namespace sabil::cache
