// Reading the data set back: at the start, and for DEBUG RELOAD and DEBUG LOADAOF.
#include <spdlog/spdlog.h>

#include <cstdlib>

#include "cache/store/lock_set.h"
#include "proxy/persistence/data_loader.h"
#include "proxy/persistence/service.h"

namespace sabil::proxy::persistence {

void Service::attach(resp::ServerState& server) {
    replay_ = std::make_unique<Replay>(server);
    loading_.begin(0);
    update_attention();
}

Result<void> Service::load(const std::function<bool()>& stop) {
    const auto options = this->options();
    Result<void> done;
    {
        DataLoader loader(keyspace_, *replay_, options, loading_, stop);
        loader.on_aux([this](std::string_view name, std::string_view value) { warm_restart_.take(name, value); });
        if (options.log) {
            done = files_.open(options, true);
            if (done) done = loader.load_log(files_);
        } else {
            done = loader.load_rdb_file(options.rdb_name);
            if (!done && done.error().code == ErrorCode::not_found) done = {};
        }
    }
    if (!done) {
        spdlog::critical("{}", done.error().message);
        return done;
    }
    std::lock_guard lock(mutex_);
    statistics_.changes_at_save = changes();
    return {};
}

// A log without a base begins with one, be it empty: so Redis expects it.
Result<void> Service::create_first_base() {
    const auto options = this->options();
    SnapshotRequest request;
    request.form = options.rdb_preamble ? SnapshotRequest::Form::log_base_rdb
                                        : SnapshotRequest::Form::log_base_commands;
    request.path = options.log_folder + "/temp-" + options.log_name + ".base";
    if (auto made = cache::make_folder(options.log_folder); !made) return made;
    {
        auto locks = cache::LockSet::all(keyspace_);
        request.libraries = replay_->libraries();
        auto written = write_snapshot(keyspace_, options, request);
        if (!written) return tl::unexpected(written.error());
    }
    spdlog::info("Creating AOF base file on server start");
    return files_.install_base(request.path, options.rdb_preamble, UINT64_MAX);
}

Result<void> Service::open_log() {
    if (files_.empty()) {
        if (auto created = create_first_base(); !created) return created;
    }
    auto file = files_.open_last_increment();
    if (!file) return tl::unexpected(file.error());
    if (auto dropped = files_.drop_history(); !dropped) return dropped;
    log_.writer().open(std::move(*file));
    {
        auto locks = cache::LockSet::all(keyspace_);
        log_.activate(true);
    }
    read_sizes();
    std::lock_guard lock(mutex_);
    log_state_ = LogState::on;
    return {};
}

Result<void> Service::start() {
    if (options().log) {
        if (auto opened = open_log(); !opened) {
            return fail(opened.error().code, "the append-only file: " + opened.error().message);
        }
    }
    loading_.active = false;
    {
        std::lock_guard lock(mutex_);
        running_ = true;
    }
    update_attention();
    supervising_ = std::thread([this] { supervise(); });
    return {};
}

Result<void> Service::reload(ReloadRequest request) {
    if (request.save) {
        if (auto saved = save(); !saved) return saved;
    }
    const auto options = this->options();
    loading_.begin(0);
    update_attention();
    Result<void> done;
    {
        auto locks = cache::LockSet::all(keyspace_);
        if (request.flush) {
            keyspace_.flush(std::nullopt, false);
            replay_->drop_libraries();
        }
    }
    {
        DataLoader loader(keyspace_, *replay_, options, loading_, {});
        done = loader.load_rdb_file(options.rdb_name, request.merge);
    }
    loading_.active = false;
    update_attention();
    if (done) return done;
    spdlog::error("{}", done.error().message);
    return fail(ErrorCode::invalid, "Error trying to load the RDB dump, check server logs");
}

Result<void> Service::load_log() {
    LogState state;
    {
        std::lock_guard lock(mutex_);
        state = log_state_;
    }
    if (state == LogState::waiting_for_base) return fail(ErrorCode::unavailable, "the append-only file has no base yet");
    if (state == LogState::off) {
        if (auto opened = files_.open(options(), false); !opened) return opened;
    }
    if (auto flushed = log_.writer().flush(); !flushed) return flushed;
    const auto options = this->options();
    loading_.begin(0);
    update_attention();
    // What is read back is not to be logged again.
    {
        auto locks = cache::LockSet::all(keyspace_);
        log_.activate(false);
        keyspace_.flush(std::nullopt, false);
        replay_->drop_libraries();
    }
    Result<void> done;
    {
        DataLoader loader(keyspace_, *replay_, options, loading_, {});
        done = loader.load_log(files_);
    }
    {
        auto locks = cache::LockSet::all(keyspace_);
        log_.activate(state == LogState::on);
    }
    loading_.active = false;
    update_attention();
    if (done) return done;
    spdlog::error("{}", done.error().message);
    return fail(ErrorCode::invalid, "Error trying to load the AOF files, check server logs");
}

}  // namespace sabil::proxy::persistence
