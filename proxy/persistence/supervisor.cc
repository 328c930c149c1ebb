// The supervisor's thread: children, save points, the log's growth.
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <future>

#include "cache/store/lock_set.h"
#include "proxy/net/cpu_list.h"
#include "proxy/persistence/service.h"

namespace sabil::proxy::persistence {
namespace {

using namespace std::chrono_literals;

constexpr auto idle_period = 100ms;
constexpr auto child_period = 20ms;
constexpr auto save_retry = 5s;
constexpr std::uint64_t failures_before_delay = 3;
constexpr auto first_rewrite_delay = std::chrono::seconds(60);
constexpr auto longest_rewrite_delay = std::chrono::seconds(3600);

}  // namespace

void Service::supervise() {
    pthread_setname_np(pthread_self(), "persistence");
    if (auto there = net::run_on_cpus(options().background_cpus); !there) spdlog::warn("{}", there.error().message);
    while (true) {
        {
            std::unique_lock lock(mutex_);
            const auto period = child_ ? child_period : idle_period;
            wake_.wait_for(lock, period, [this] { return woken_ || stopping_; });
            woken_ = false;
            if (stopping_) break;
        }
        turn();
    }
    kill_child(Job::none);
    child_.reset();
}

void Service::turn() {
    if (const auto emptied = emptied_.exchange(Emptied::no); emptied != Emptied::no) {
        kill_child(Job::snapshot);
        std::lock_guard lock(mutex_);
        if (emptied == Emptied::to_be_saved) snapshot_scheduled_ = true;
    }
    if (prepared()) kill_child(Job::none);
    check_child();
    bool log_asked = false;
    {
        std::lock_guard lock(mutex_);
        log_asked = log_asked_.asked;
    }
    auto followed = follow_log_option(log_asked);
    if (log_asked) answer(log_asked_, std::move(followed));
    if (!child_) begin_what_is_due();
    update_attention();
}

void Service::check_child() {
    if (!child_) return;
    if (!child_done_) {
        child_done_ = child_->ended();
        std::lock_guard lock(mutex_);
        statistics_.keys_processed = child_->keys();
        statistics_.copied_bytes = child_->copied_bytes();
        statistics_.copied_bytes_peak = child_->copied_bytes_peak();
    }
    if (!child_done_) return;
    Job job;
    {
        std::lock_guard lock(mutex_);
        job = job_;
        // The base is no use before the file that goes on after it is there.
        if (job == Job::rewrite && switch_ == SwitchState::under_way) return;
    }
    const auto error = child_->killed_by_us() ? std::string("cancelled") : child_->error();
    if (job == Job::snapshot) {
        finish_snapshot(error, child_path_);
    } else {
        finish_rewrite(error, child_path_);
    }
    const auto copied = child_->copied_bytes_peak();
    child_.reset();
    child_done_ = false;
    std::lock_guard lock(mutex_);
    (job == Job::snapshot ? statistics_.last_snapshot_copied_bytes : statistics_.last_rewrite_copied_bytes) = copied;
    statistics_.keys_processed = statistics_.keys_total = 0;
    statistics_.copied_bytes = 0;
    job_ = Job::none;
    log_.writer().set_sync_paused(false);
}

void Service::finish_snapshot(const std::string& error, const std::string& path) {
    const auto name = options().rdb_name;
    Result<void> done;
    const bool cancelled = error == "cancelled";
    if (!error.empty()) {
        done = fail(ErrorCode::io, error);
    } else {
        std::lock_guard saving(save_mutex_);
        // A save that was made meanwhile holds newer data.
        done = saves_ == child_saves_ ? cache::rename_durably(path, name)
                                      : Result<void>(fail(ErrorCode::unavailable, "a newer save was made meanwhile"));
    }
    if (!done) ::unlink(path.c_str());
    std::lock_guard lock(mutex_);
    statistics_.last_snapshot_seconds =
        std::chrono::duration_cast<std::chrono::seconds>(Steady::now() - statistics_.job_began).count();
    if (done) {
        spdlog::info("Background saving terminated with success");
        statistics_.changes_at_save = child_changes_;
        statistics_.last_save_unix_seconds = std::time(nullptr);
        statistics_.last_snapshot_ok = true;
        statistics_.last_snapshot_error.clear();
        statistics_.last_snapshot_bytes = child_->written_bytes();
        ++statistics_.snapshots;
    } else if (cancelled) {
        spdlog::info("Background saving was cancelled");
    } else {
        spdlog::error("Background saving error: {}", done.error().message);
        statistics_.last_snapshot_ok = false;
        statistics_.last_snapshot_error = done.error().message;
        ++statistics_.snapshot_failures;
    }
    save_not_before_ = Steady::now() + (done ? 0s : save_retry);
}

void Service::finish_rewrite(std::string error, const std::string& path) {
    SwitchState switched;
    LogState state;
    std::uint64_t from = 0;
    {
        std::lock_guard lock(mutex_);
        switched = switch_;
        switch_ = SwitchState::none;
        state = log_state_;
        from = switched_to_;
    }
    if (error.empty() && switched == SwitchState::failed) error = "cannot begin a new increment";
    if (error.empty() && state == LogState::waiting_for_base) {
        from = 0;
        if (auto flushed = log_.writer().flush(); !flushed) error = flushed.error().message;
    }
    if (error.empty() && state == LogState::off) from = UINT64_MAX;
    if (error.empty()) {
        if (auto installed = files_.install_base(path, child_rdb_form_, from); !installed) error = installed.error().message;
    }
    if (error.empty()) log_.writer().forgive();
    if (error.empty() && !options().keep_history) {
        if (auto dropped = files_.drop_history(); !dropped) spdlog::warn("{}", dropped.error().message);
    }
    if (!error.empty()) {
        ::unlink(path.c_str());
        if (state == LogState::waiting_for_base) forget_first_base();
    }
    read_sizes();
    std::lock_guard lock(mutex_);
    auto& statistics = statistics_;
    statistics.last_rewrite_seconds =
        std::chrono::duration_cast<std::chrono::seconds>(Steady::now() - statistics.job_began).count();
    statistics.last_rewrite_ok = error.empty() || (error == "cancelled" && statistics.last_rewrite_ok);
    if (error.empty()) {
        spdlog::info("Background AOF rewrite finished successfully");
        if (log_state_ == LogState::waiting_for_base) log_state_ = LogState::on;
        statistics.consecutive_rewrite_failures = 0;
        ++statistics.rewrites;
        return;
    }
    spdlog::error("Background AOF rewrite error: {}", error);
    ++statistics.rewrite_failures;
    if (++statistics.consecutive_rewrite_failures < failures_before_delay) return;
    const auto doublings = std::min<std::uint64_t>(statistics.consecutive_rewrite_failures - failures_before_delay, 6);
    const auto delay = std::min(first_rewrite_delay * (1 << doublings), longest_rewrite_delay);
    rewrite_not_before_ = Steady::now() + delay;
    spdlog::warn("Background AOF rewrite has repeatedly failed and triggered the limit, will retry in {} minutes",
                 std::chrono::duration_cast<std::chrono::minutes>(delay).count());
}

bool Service::save_is_due() const {
    if (options_.save.empty() || Steady::now() < save_not_before_) return false;
    const auto made = changes() - statistics_.changes_at_save;
    const auto ago = std::chrono::seconds(std::time(nullptr) - statistics_.last_save_unix_seconds);
    return std::any_of(options_.save.begin(), options_.save.end(), [&](const SaveRule& rule) {
        const bool due = made >= rule.changes && ago > rule.after;
        if (due) spdlog::info("{} changes in {} seconds. Saving...", rule.changes, rule.after.count());
        return due;
    });
}

bool Service::rewrite_is_due() const {
    if (log_state_ == LogState::off || Steady::now() < rewrite_not_before_) return false;
    const auto status = log_.writer().status();
    if (status.sync_failed) return true;
    if (options_.rewrite_percentage == 0) return false;
    const auto size = log_bytes_before_.load() + status.file_bytes;
    if (size <= options_.rewrite_min_bytes) return false;
    const auto base = std::max<std::uint64_t>(statistics_.log_base_bytes, 1);
    const auto growth = size * 100 / base - std::min<std::uint64_t>(size * 100 / base, 100);
    if (growth < options_.rewrite_percentage) return false;
    spdlog::info("Starting automatic rewriting of AOF on {}% growth", growth);
    return true;
}

void Service::begin_what_is_due() {
    bool rewrite_asked = false;
    bool snapshot_asked = false;
    bool rewrite = false;
    bool snapshot = false;
    {
        std::lock_guard lock(mutex_);
        rewrite_asked = rewrite_asked_.asked;
        snapshot_asked = !rewrite_asked && snapshot_asked_.asked;
        if (!rewrite_asked && !snapshot_asked && !shutting_) {
            rewrite = std::exchange(rewrite_scheduled_, false);
            if (!rewrite && Steady::now() >= save_not_before_) snapshot = std::exchange(snapshot_scheduled_, false);
            if (!rewrite && !snapshot) snapshot = save_is_due();
            if (!rewrite && !snapshot) rewrite = rewrite_is_due();
        }
    }
    if (rewrite_asked) return answer(rewrite_asked_, begin_rewrite());
    if (snapshot_asked) return answer(snapshot_asked_, begin_snapshot());
    if (rewrite) (void)begin_rewrite();
    if (snapshot) (void)begin_snapshot();
}

Result<void> Service::fork_child(Job job, const char* name, SnapshotRequest request,
                                 const std::function<void()>& forked) {
    const auto options = this->options();
    const std::string prefix = job == Job::snapshot ? "temp-" : "temp-rewriteaof-bg-";
    const std::string suffix = job == Job::snapshot ? ".rdb" : ".aof";
    std::optional<Result<Child>> started;
    {
        std::lock_guard saving(save_mutex_);
        child_saves_ = saves_;
    }
    if (request.form != SnapshotRequest::Form::log_base_commands) request.filled = warm_restart_.snapshot();
    const auto began = Steady::now();
    {
        auto locks = cache::LockSet::all(keyspace_);
        request.libraries = replay_->libraries();
        child_changes_ = changes();
        started.emplace(Child::start(name, [&](ChildReporter& reporter) {
            // Where these CPUs are not there, it runs on any.
            (void)net::run_on_cpus(job == Job::snapshot ? options.snapshot_cpus : options.rewrite_cpus);
            request.path = prefix + std::to_string(::getpid()) + suffix;
            request.progress = [&](std::uint64_t keys) { reporter.progress(keys); };
            return write_snapshot(keyspace_, options, request);
        }));
        if (*started) forked();
    }
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - began).count();
    if (!*started) {
        spdlog::error("{}", started->error().message);
        return tl::unexpected(started->error());
    }
    child_.emplace(std::move(**started));
    child_done_ = false;
    child_path_ = prefix + std::to_string(child_->pid()) + suffix;
    child_rdb_form_ = request.form != SnapshotRequest::Form::log_base_commands;
    log_.writer().set_sync_paused(options.no_sync_while_rewriting);
    std::uint64_t keys = 0;
    for (unsigned database = 0; database < keyspace_.databases_count(); ++database) keys += keyspace_.size(database);
    std::lock_guard lock(mutex_);
    job_ = job;
    ++statistics_.forks;
    statistics_.last_fork_us = took;
    statistics_.job_began = Steady::now();
    statistics_.keys_processed = 0;
    statistics_.keys_total = keys;
    statistics_.copied_bytes = statistics_.copied_bytes_peak = 0;
    return {};
}

Result<void> Service::begin_snapshot() {
    auto forked = fork_child(Job::snapshot, "sabil-rdb", {}, [] {});
    if (forked) {
        spdlog::info("Background saving started by pid {}", child_->pid());
        return forked;
    }
    std::lock_guard lock(mutex_);
    statistics_.last_snapshot_ok = false;
    statistics_.last_snapshot_error = forked.error().message;
    ++statistics_.snapshot_failures;
    save_not_before_ = Steady::now() + save_retry;
    return forked;
}

Result<void> Service::begin_rewrite() {
    bool off = false;
    {
        std::lock_guard lock(mutex_);
        off = log_state_ == LogState::off;
    }
    if (off) {
        if (auto opened = files_.open(options(), false); !opened) return opened;
    }
    SnapshotRequest request;
    request.form = options().rdb_preamble ? SnapshotRequest::Form::log_base_rdb
                                          : SnapshotRequest::Form::log_base_commands;
    auto forked = fork_child(Job::rewrite, "sabil-aof", std::move(request), [this] {
        // With every slice held: what is appended from here on is not in the child's data set.
        std::lock_guard lock(mutex_);
        switch_ = SwitchState::none;
        if (log_state_ == LogState::off) return;
        if (log_state_ == LogState::waiting_for_base) return log_.activate(true);
        switch_ = SwitchState::under_way;
        auto next = [this] {
            auto file = files_.add_increment();
            std::lock_guard inner(mutex_);
            if (file) switched_to_ = files_.manifest().increments.back().sequence;
            return file;
        };
        auto done = [this](const Result<void>& result) {
            if (!result) spdlog::error("{}", result.error().message);
            read_sizes();
            std::lock_guard inner(mutex_);
            switch_ = result ? SwitchState::done : SwitchState::failed;
            woken_ = true;
            wake_.notify_all();
        };
        if (!log_.writer().switch_here(next, done)) switch_ = SwitchState::failed;
    });
    if (forked) {
        spdlog::info("Background append only file rewriting started by pid {}", child_->pid());
    } else {
        std::lock_guard lock(mutex_);
        statistics_.last_rewrite_ok = false;
        ++statistics_.rewrite_failures;
    }
    return forked;
}

void Service::kill_child(Job job) {
    if (!child_ || child_->killed_by_us()) return;
    Job running;
    {
        std::lock_guard lock(mutex_);
        running = job_;
        if (job != Job::none && job_ != job) return;
    }
    spdlog::info("Killing running {} child: {}", running == Job::snapshot ? "RDB" : "AOF rewrite", child_->pid());
    child_->kill();
    if (job == Job::none) ::unlink(child_path_.c_str());
}

// CONFIG SET appendonly. asked: by somebody who waits, whatever failed before.
Result<void> Service::follow_log_option(bool asked) {
    LogState state;
    bool wanted = false;
    {
        std::lock_guard lock(mutex_);
        state = log_state_;
        wanted = options_.log;
    }
    if (!wanted && state != LogState::off) end_log();
    if (!wanted) log_waits_ = false;
    if (!wanted || state != LogState::off) return {};
    if (!asked && !log_waits_ && Steady::now() < rewrite_not_before_) return {};
    if (child_) {
        if (!log_waits_) {
            spdlog::info("AOF was enabled but there is already another background operation. An AOF background was "
                         "scheduled to start when needed.");
        }
        log_waits_ = true;
        return {};
    }
    log_waits_ = false;
    auto begun = begin_log();
    if (begun) return begun;
    spdlog::error("cannot begin the append-only file: {}", begun.error().message);
    rewrite_not_before_ = Steady::now() + 1s;
    return begun;
}

// The log begins with a file of its own, and becomes valid with its first base.
Result<void> Service::begin_log() {
    if (auto opened = files_.open(options(), false); !opened) return opened;
    auto file = files_.open_first_increment();
    if (!file) return tl::unexpected(file.error());
    log_.writer().open(std::move(*file));
    {
        std::lock_guard lock(mutex_);
        log_state_ = LogState::waiting_for_base;
    }
    auto begun = begin_rewrite();
    if (!begun) forget_first_base();
    return begun;
}

// Its increment begins at a fork whose base was not completed: both begin anew.
void Service::forget_first_base() {
    {
        auto locks = cache::LockSet::all(keyspace_);
        log_.activate(false);
    }
    (void)log_.writer().close();
    files_.drop_first_increment();
    rewrite_not_before_ = Steady::now() + 1s;
    std::lock_guard lock(mutex_);
    log_state_ = LogState::off;
}

void Service::end_log() {
    {
        auto locks = cache::LockSet::all(keyspace_);
        log_.activate(false);
    }
    if (auto closed = log_.writer().close(); !closed) spdlog::error("the append-only file: {}", closed.error().message);
    kill_child(Job::rewrite);
    std::lock_guard lock(mutex_);
    if (log_state_ == LogState::waiting_for_base) files_.drop_first_increment();
    log_state_ = LogState::off;
    switch_ = SwitchState::none;
    rewrite_scheduled_ = false;
}

void Service::read_sizes() {
    const auto total = files_.bytes();
    const auto manifest = files_.manifest();
    std::uint64_t last = 0;
    if (!manifest.increments.empty()) {
        last = cache::file_bytes(files_.path(manifest.increments.back())).value_or(0);
    }
    const auto base = files_.base_bytes();
    log_bytes_before_ = total - std::min(total, last);
    std::lock_guard lock(mutex_);
    statistics_.log_base_bytes = base;
}

}  // namespace sabil::proxy::persistence
