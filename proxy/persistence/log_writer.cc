#include "proxy/persistence/log_writer.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <future>
#include <utility>

namespace sabil::proxy::persistence {
namespace {

using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto tick = 100ms;
constexpr auto nap = 1ms;  // between rounds, so that records gather
constexpr auto longest_postponement = 2s;
constexpr std::size_t keep_bytes = 4 << 20;
constexpr std::size_t buffered_bytes_max = 64 << 20;  // above it records stay in the shards

}  // namespace

LogWriter::LogWriter(LogShards& shards) : shards_(shards) {
    writing_ = std::thread([this] { run(); });
    syncing_ = std::thread([this] { run_syncs(); });
}

LogWriter::~LogWriter() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake();
    writing_.join();
    {
        std::lock_guard lock(sync_mutex_);
        sync_stopping_ = true;
    }
    sync_wake_.notify_all();
    syncing_.join();
}

void LogWriter::set_policy(SyncPolicy policy) {
    policy_.store(policy, std::memory_order_relaxed);
    wake();
}

void LogWriter::wake() {
    {
        std::lock_guard lock(mutex_);
        woken_ = true;
        asleep_.store(false, std::memory_order_seq_cst);
    }
    wake_.notify_all();
}

void LogWriter::run() {
    while (true) {
        std::vector<Task> tasks;
        {
            std::unique_lock lock(mutex_);
            asleep_.store(true, std::memory_order_seq_cst);
            const bool idle = shards_.appended() == taken_ && tasks_.empty() && !switch_;
            if (idle && !stopping_) wake_.wait_for(lock, tick, [this] { return woken_ || stopping_; });
            asleep_.store(false, std::memory_order_seq_cst);
            woken_ = false;
            tasks.swap(tasks_);
            if (stopping_ && tasks.empty()) return;
        }
        round();
        for (auto& task : tasks) perform(std::move(task));
        if (policy() != SyncPolicy::always) std::this_thread::sleep_for(nap);
    }
}

void LogWriter::take() {
    if (text_.bytes.size() + after_.bytes.size() > buffered_bytes_max) return;
    const bool crowded = shards_.crowded();
    taken_ = shards_.take(annotate_.load(std::memory_order_relaxed), text_, after_);
    buffered_bytes_.store(text_.bytes.size() + after_.bytes.size(), std::memory_order_relaxed);
    if (crowded) changed_();
}

void LogWriter::round() {
    take();
    if (!file_) {
        // Nothing is logged: what is left over belongs to nobody.
        text_ = after_ = {};
        published(taken_);
        return;
    }
    if (!may_try()) return;
    if (!write(false)) return;
    bool switches = false;
    {
        std::lock_guard lock(mutex_);
        switches = switch_.has_value();
    }
    if (switches && text_.bytes.empty()) switch_file();
    sync_by_policy();
}

// While a sync is under way a write may have to wait for it in the system: better here, where others need not.
bool LogWriter::may_write_now(bool force) {
    if (force || policy() != SyncPolicy::everysec) return true;
    {
        std::lock_guard lock(sync_mutex_);
        if (sync_descriptor_ < 0) {
            postponed_since_ = {};
            return true;
        }
    }
    const auto now = Steady::now();
    if (postponed_since_ == Steady::time_point{}) postponed_since_ = now;
    if (now - postponed_since_ < longest_postponement) return false;
    delayed_syncs_.fetch_add(1, std::memory_order_relaxed);
    spdlog::warn("append-only file: syncing takes longer than two seconds (is the disk busy?); writing without waiting "
                 "for it, which may hold clients up");
    stalled_.store(true, std::memory_order_relaxed);
    changed_();
    return true;
}

Result<void> LogWriter::write(bool force) {
    if (text_.bytes.empty()) {
        std::lock_guard lock(mutex_);
        written_ = switch_ ? std::min(taken_, switch_->cut) : taken_;
        return {};
    }
    if (!may_write_now(force)) return fail(ErrorCode::timeout, "a sync is under way");
    std::size_t written = 0;
    auto done = cache::write_whole(file_.get(), text_.bytes, written);
    if (stalled_.exchange(false)) changed_();
    if (done) {
        file_bytes_.fetch_add(written, std::memory_order_relaxed);
        text_.bytes.clear();
        if (text_.bytes.capacity() > keep_bytes) text_.bytes.shrink_to_fit();
        if (in_trouble()) end_trouble();
        return write(force);
    }
    if (policy() == SyncPolicy::always) give_up("cannot write the append-only file: " + done.error().message);
    // What is left over of a record would be taken for damage: it goes again, or stays and is continued.
    const auto before = file_bytes_.load(std::memory_order_relaxed);
    if (written != 0 && ::ftruncate(file_.get(), static_cast<off_t>(before)) != 0) {
        file_bytes_.fetch_add(written, std::memory_order_relaxed);
        text_.bytes.erase(0, written);
    }
    begin_trouble("cannot write the append-only file: " + done.error().message, false);
    return done;
}

// With everything before the cut written: brings it to disk, so that only the last file may ever end within a record.
void LogWriter::switch_file() {
    wait_for_sync();
    Switch change;
    {
        std::lock_guard lock(mutex_);
        if (taken_ < switch_->cut) return;
        change = *switch_;
    }
    auto synced = cache::sync_file(file_.get());
    if (!synced && policy() == SyncPolicy::always) {
        give_up("cannot bring the append-only file to disk: " + synced.error().message);
    }
    {
        std::lock_guard lock(mutex_);
        if (sync_failed_) synced = {};  // the base to come makes good for it
    }
    auto next = synced ? change.next() : Result<File>(tl::unexpected(synced.error()));
    if (next) {
        file_ = std::move(next->descriptor);
        file_bytes_.store(next->bytes, std::memory_order_relaxed);
        text_ = std::exchange(after_, {});
    } else {
        text_.bytes += after_.bytes;
        if (!after_.bytes.empty()) text_.database = after_.database;
        after_ = {};
    }
    {
        std::lock_guard lock(mutex_);
        switch_.reset();
    }
    shards_.clear_cut();
    change.done(next ? Result<void>{} : Result<void>(tl::unexpected(next.error())));
    (void)write(true);
}

bool LogWriter::switch_here(Next next, std::function<void(Result<void>)> done) {
    {
        std::lock_guard lock(mutex_);
        if (switch_) return false;
        switch_ = Switch{shards_.cut(), std::move(next), std::move(done)};
    }
    wake();
    return true;
}

void LogWriter::perform(Task task) {
    Result<void> done;
    if (task.kind == Task::Kind::open) {
        file_ = std::move(task.file.descriptor);
        file_bytes_.store(task.file.bytes, std::memory_order_relaxed);
        text_ = after_ = {};
        written_ = taken_;
        synced_ = taken_;
        last_sync_ = Steady::now();
    } else if (file_) {
        wait_for_sync();
        take();
        done = write(true);
        if (done) done = sync_now();
        if (task.kind == Task::Kind::close) {
            file_.reset();
            text_ = after_ = {};
            std::lock_guard lock(mutex_);
            is_open_ = false;
            sync_failed_ = false;
            trouble_.clear();
            in_trouble_.store(false, std::memory_order_relaxed);
        }
    }
    if (task.kind == Task::Kind::close) published(UINT64_MAX);
    if (task.done) task.done(std::move(done));
}

void LogWriter::open(File file) {
    auto result = std::make_shared<std::promise<void>>();
    {
        std::lock_guard lock(mutex_);
        is_open_ = true;
        tasks_.push_back({Task::Kind::open, std::move(file), [result](Result<void>) { result->set_value(); }});
    }
    wake();
    result->get_future().wait();
}

Result<void> LogWriter::flush() {
    auto result = std::make_shared<std::promise<Result<void>>>();
    {
        std::lock_guard lock(mutex_);
        if (!is_open_) return {};
        tasks_.push_back({Task::Kind::flush, {}, [result](Result<void> done) { result->set_value(std::move(done)); }});
    }
    wake();
    return result->get_future().get();
}

Result<void> LogWriter::close() {
    auto result = std::make_shared<std::promise<Result<void>>>();
    {
        std::lock_guard lock(mutex_);
        if (!is_open_) return {};
        tasks_.push_back({Task::Kind::close, {}, [result](Result<void> done) { result->set_value(std::move(done)); }});
    }
    wake();
    return result->get_future().get();
}

void LogWriter::when_durable(std::uint64_t position, std::function<void()> then) {
    {
        std::lock_guard lock(mutex_);
        if (durable() < position && is_open_) {
            waiting_.push_back({position, std::move(then)});
            then = nullptr;
        }
    }
    if (then) return then();
    notify();
}

void LogWriter::published(std::uint64_t position) {
    std::vector<std::function<void()>> calls;
    {
        std::lock_guard lock(mutex_);
        if (position != UINT64_MAX && position > durable()) durable_.store(position, std::memory_order_release);
        std::erase_if(waiting_, [&](Waiting& waiting) {
            if (waiting.position > position) return false;
            calls.push_back(std::move(waiting.then));
            return true;
        });
    }
    for (auto& call : calls) call();
}

LogWriter::Status LogWriter::status() const {
    Status status;
    {
        std::lock_guard lock(sync_mutex_);
        status.sync_pending = sync_descriptor_ >= 0;
    }
    std::lock_guard lock(mutex_);
    status.open = is_open_;
    status.trouble = trouble_;
    status.sync_failed = sync_failed_;
    status.file_bytes = file_bytes_.load(std::memory_order_relaxed);
    status.buffered_bytes = buffered_bytes_.load(std::memory_order_relaxed);
    status.delayed_syncs = delayed_syncs_.load(std::memory_order_relaxed);
    return status;
}

}  // namespace sabil::proxy::persistence
