#include "proxy/persistence/snapshot.h"

#include <unistd.h>

#include <chrono>
#include <ctime>
#include <utility>

#include "cache/persist/aof_record.h"
#include "cache/persist/aof_rewrite.h"
#include "cache/persist/durable_file.h"
#include "cache/persist/rdb_file.h"
#include "proxy/resp/server_identity.h"

namespace sabil::proxy::persistence {
namespace {

using Aux = std::vector<std::pair<std::string, std::string>>;

Aux aux_fields(const cache::Keyspace& keyspace, bool log_base) {
    return {{"redis-ver", std::string(resp::redis_version)},
            {"redis-bits", "64"},
            {"ctime", std::to_string(std::time(nullptr))},
            {"used-mem", std::to_string(keyspace.memory_bytes())},
            {"aof-base", log_base ? "1" : "0"}};
}

// rdb-key-save-delay: for tests that need a save to take a while. A negative one means that many keys for one
// microsecond.
std::function<void(std::uint64_t)> delayed(const SnapshotRequest& request, std::chrono::microseconds delay) {
    if (delay.count() == 0) return request.progress;
    return [progress = request.progress, delay](std::uint64_t keys) {
        const auto each = delay.count() < 0 ? static_cast<std::uint64_t>(-delay.count()) : 1;
        if (keys % each == 0) ::usleep(delay.count() < 0 ? 1 : static_cast<useconds_t>(delay.count()));
        if (progress) progress(keys);
    };
}

}  // namespace

Result<std::uint64_t> write_snapshot(cache::Keyspace& keyspace, const Options& options,
                                     const SnapshotRequest& request) {
    auto file = cache::create_file(request.path);
    if (!file) return tl::unexpected(file.error());
    cache::FileSink sink(std::move(*file));
    const auto progress = delayed(request, options.save_delay);
    const std::uint64_t keys_per_progress = options.save_delay.count() == 0 ? 1024 : 1;
    Result<void> done;
    if (request.form == SnapshotRequest::Form::log_base_commands) {
        std::string head;
        if (options.annotate_time) cache::append_aof_timestamp(head, std::time(nullptr));
        done = sink.write(head);
        if (done) done = cache::rewrite_as_commands(keyspace, {request.libraries, progress, keys_per_progress}, sink);
    } else {
        const auto aux = aux_fields(keyspace, request.form == SnapshotRequest::Form::log_base_rdb);
        cache::RdbSaveOptions save;
        save.compress = options.rdb_compression;
        save.checksum = options.rdb_checksum;
        save.aux = aux;
        save.functions = request.libraries;
        if (request.filled) {
            save.more_aux = [&](const cache::AuxWriter& write) { request.filled->write(keyspace, write); };
        }
        save.progress = progress;
        save.keys_per_progress = keys_per_progress;
        auto saved = cache::save_rdb(keyspace, save, sink);
        if (!saved) done = tl::unexpected(saved.error());
    }
    if (done) done = sink.finish();
    if (done) return sink.bytes();
    ::unlink(request.path.c_str());
    return fail(done.error().code, "cannot write '" + request.path + "': " + done.error().message,
                done.error().number);
}

}  // namespace sabil::proxy::persistence
