// The append-only file's way to disk, and what becomes of failures.
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>

#include "proxy/persistence/log_writer.h"

namespace sabil::proxy::persistence {
namespace {

using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto sync_each = 1s;
constexpr auto retry_each = 1s;

}  // namespace

void LogWriter::sync_by_policy() {
    const auto policy = this->policy();
    if (policy == SyncPolicy::never || written_ == synced_) return;
    if (policy == SyncPolicy::always) {
        if (auto done = sync_now(); !done) give_up("cannot bring the append-only file to disk: " + done.error().message);
        return;
    }
    if (sync_paused_.load(std::memory_order_relaxed) || Steady::now() - last_sync_ < sync_each) return;
    request_sync();
}

// On the writer's own thread.
Result<void> LogWriter::sync_now() {
    const auto position = written_;
    auto done = cache::sync_file(file_.get());
    if (!done) {
        begin_trouble("cannot bring the append-only file to disk: " + done.error().message, true);
        return done;
    }
    synced_ = position;
    last_sync_ = Steady::now();
    published(position);
    return {};
}

void LogWriter::request_sync() {
    {
        std::lock_guard lock(sync_mutex_);
        if (sync_descriptor_ >= 0) return;
        sync_descriptor_ = file_.get();
        sync_position_ = written_;
    }
    synced_ = written_;
    last_sync_ = Steady::now();
    sync_wake_.notify_all();
}

void LogWriter::wait_for_sync() {
    std::unique_lock lock(sync_mutex_);
    sync_wake_.wait(lock, [this] { return sync_descriptor_ < 0; });
}

void LogWriter::run_syncs() {
    std::unique_lock lock(sync_mutex_);
    while (true) {
        sync_wake_.wait(lock, [this] { return sync_stopping_ || sync_descriptor_ >= 0; });
        if (sync_descriptor_ < 0) return;
        const int descriptor = sync_descriptor_;
        const auto position = sync_position_;
        lock.unlock();
        auto done = cache::sync_file(descriptor);
        if (done) {
            published(position);
        } else {
            begin_trouble("cannot bring the append-only file to disk: " + done.error().message, true);
        }
        lock.lock();
        sync_descriptor_ = -1;
        sync_wake_.notify_all();
    }
}

void LogWriter::begin_trouble(const std::string& why, bool of_sync) {
    {
        std::lock_guard lock(mutex_);
        if (trouble_ != why) spdlog::error("{}; writes of clients are refused until it works again", why);
        trouble_ = why;
        sync_failed_ |= of_sync;
        retry_at_ = Steady::now() + retry_each;
    }
    in_trouble_.store(true, std::memory_order_relaxed);
    changed_();
}

bool LogWriter::may_try() {
    std::lock_guard lock(mutex_);
    return trouble_.empty() || Steady::now() >= retry_at_;
}

// A write has succeeded. Trouble with syncing stays: the system may have dropped what it could not write.
void LogWriter::end_trouble() {
    {
        std::lock_guard lock(mutex_);
        if (sync_failed_) return;
        trouble_.clear();
    }
    in_trouble_.store(false, std::memory_order_relaxed);
    spdlog::warn("the append-only file can be written again");
    changed_();
}

void LogWriter::forgive() {
    {
        std::lock_guard lock(mutex_);
        if (!sync_failed_) return;
        sync_failed_ = false;
        trouble_.clear();
    }
    in_trouble_.store(false, std::memory_order_relaxed);
    spdlog::warn("the append-only file was written anew and is whole again");
    changed_();
}

void LogWriter::give_up(const std::string& why) {
    spdlog::critical("{}; with appendfsync always a write that was acknowledged must be on disk, so the server ends", why);
    spdlog::default_logger()->flush();
    ::_exit(1);
}

}  // namespace sabil::proxy::persistence
