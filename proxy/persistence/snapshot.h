// Writing the data set whole: as an RDB file, or as the base of the append-only file.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cache/store/keyspace.h"
#include "proxy/persistence/filled_snapshot.h"
#include "proxy/persistence/options.h"

namespace sabil::proxy::persistence {

struct SnapshotRequest {
    enum class Form : std::uint8_t { rdb, log_base_rdb, log_base_commands };
    Form form = Form::rdb;
    std::string path;  // of the file to make; it is on disk when this returns
    std::vector<std::string> libraries;
    std::shared_ptr<const FilledSnapshot> filled;  // null: none; not in the form of commands
    std::function<void(std::uint64_t keys)> progress;
};

// Needs every slice, or a forked child's own memory. Gives the file's bytes. Errors: what the system refuses; the file
// is removed.
Result<std::uint64_t> write_snapshot(cache::Keyspace& keyspace, const Options& options, const SnapshotRequest& request);

}  // namespace sabil::proxy::persistence
