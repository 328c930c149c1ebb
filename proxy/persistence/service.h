// Keeps the data set on disk: snapshots, the append-only file, start-up loading, and what a failure of any of them
// means for clients. One thread of its own supervises: it forks, hears the children, and watches save points and the
// log's growth. Lock order: save_mutex_, then slices, then mutex_.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "cache/store/keyspace.h"
#include "proxy/persistence/append_log.h"
#include "proxy/persistence/child.h"
#include "proxy/persistence/loading.h"
#include "proxy/persistence/log_files.h"
#include "proxy/persistence/options.h"
#include "proxy/persistence/replay.h"
#include "proxy/persistence/snapshot.h"
#include "proxy/persistence/statistics.h"
#include "proxy/persistence/warm_restart.h"
#include "proxy/resp/persistence.h"

namespace sabil::proxy::persistence {

// Thread-safety: any thread, but for attach, load, start and stop, which one thread calls in this order.
class Service final : public resp::Persistence {
  public:
    // The keyspace outlives the service.
    explicit Service(cache::Keyspace& keyspace);
    ~Service() override;

    resp::CommandLog& log() noexcept { return log_; }
    // Entries filled from MySQL over a restart. Without configure() none are saved.
    WarmRestart& warm_restart() noexcept { return warm_restart_; }
    // A parameter was set; see ServerServices::on_parameter. Errors refuse it.
    Result<void> set_parameter(std::string_view name, std::string_view value);

    // Clients are answered LOADING from here on. The server's state must outlive stop().
    void attach(resp::ServerState& server);
    // Reads what is on disk. stop: asked now and then. Errors: damage, or what the system refuses; nothing was changed
    // on disk, but for the end of a log that was cut within a record.
    Result<void> load(const std::function<bool()>& stop);
    // Opens the log, begins to supervise.
    Result<void> start();
    // When clients are gone: what was written since prepare_shutdown() is saved as well, the log closed. Errors are in
    // the program's log. False: something could not be brought to disk.
    bool stop();
    // prepare_shutdown() has succeeded.
    bool prepared() const noexcept { return prepared_.load(); }

    Statistics statistics() const;

    bool loading() const noexcept override { return loading_.active.load(std::memory_order_relaxed); }
    bool holds_writes() const noexcept override { return shutting_.load() || log_.writer().stalled(); }
    std::string write_refusal() const override;
    Result<void> save() override;
    Result<std::string> save_in_background(BackgroundRequest request) override;
    Result<std::string> rewrite_log_in_background(BackgroundRequest request) override;
    Result<void> reload(ReloadRequest request) override;
    Result<void> load_log() override;
    void data_set_emptied() override;
    void note_change() noexcept override { other_changes_.fetch_add(1, std::memory_order_relaxed); }
    std::int64_t last_save_unix_seconds() const override;
    Result<void> prepare_shutdown(std::optional<bool> save, bool force) override;
    Fields info() const override;
    Fields fork_info() const override;

  private:
    enum class Job : std::uint8_t { none, snapshot, rewrite };
    enum class LogState : std::uint8_t { off, waiting_for_base, on };
    // How far the log is on its way to the file that comes after the base being written.
    enum class SwitchState : std::uint8_t { none, under_way, done, failed };
    using Steady = std::chrono::steady_clock;
    // Something that another thread asks of the supervisor and waits for.
    struct Asked {
        bool asked = false;
        std::optional<Result<void>> result;
    };

    void supervise();
    void turn();
    void check_child();
    void finish_snapshot(const std::string& error, const std::string& path);
    void finish_rewrite(std::string error, const std::string& path);
    void begin_what_is_due();
    bool save_is_due() const;
    bool rewrite_is_due() const;
    Result<void> begin_snapshot();
    Result<void> begin_rewrite();
    Result<void> fork_child(Job job, const char* name, SnapshotRequest request, const std::function<void()>& forked);
    void kill_child(Job job);
    Result<void> begin_log();
    void end_log();
    Result<void> follow_log_option(bool asked);
    Result<void> turn_log(bool on);
    void forget_first_base();
    Result<void> ask(Asked& asked);
    void answer(Asked& asked, Result<void> result);
    struct Saved {
        Steady::time_point began{};
        std::uint64_t changes = 0;
        Result<std::uint64_t> bytes = 0;
    };
    Result<void> save_now(const std::string& temporary);
    Saved write_now(const std::string& temporary, std::shared_ptr<const FilledSnapshot> filled);
    Result<void> keep_saved(const Saved& saved, const std::string& temporary);
    Result<void> open_log();
    Result<void> create_first_base();
    void read_sizes();
    void update_attention();
    void wake();
    std::uint64_t changes() const;
    Options options() const;

    cache::Keyspace& keyspace_;
    std::unique_ptr<Replay> replay_;
    AppendLog log_;
    LogFiles files_;
    LoadingState loading_;
    WarmRestart warm_restart_;
    std::atomic<std::uint64_t> other_changes_{0};
    std::atomic<bool> shutting_{false};
    std::atomic<bool> prepared_{false};
    enum class Emptied : std::uint8_t { no, saved, to_be_saved };
    std::atomic<Emptied> emptied_{Emptied::no};
    std::atomic<bool> save_again_{false};  // what changed between prepare_shutdown() and stop()
    std::atomic<std::uint64_t> log_bytes_before_{0};  // of the files before the one that is being written

    std::mutex save_mutex_;  // one writer of the RDB file at a time, in this process
    std::uint64_t saves_ = 0;  // by this process itself; under save_mutex_
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable answered_;
    bool woken_ = false;
    bool stopping_ = false;
    bool running_ = false;
    Options options_;
    Asked snapshot_asked_;
    Asked rewrite_asked_;
    Asked log_asked_;  // that it follows the option
    bool snapshot_scheduled_ = false;
    bool rewrite_scheduled_ = false;
    Job job_ = Job::none;
    LogState log_state_ = LogState::off;
    Statistics statistics_;
    SwitchState switch_ = SwitchState::none;
    std::uint64_t switched_to_ = 0;  // the sequence number of the increment

    // The supervisor's own.
    std::optional<Child> child_;
    bool child_rdb_form_ = true;
    std::string child_path_;
    std::string child_error_;
    bool child_done_ = false;
    bool log_waits_ = false;  // for the child before it; told once
    std::uint64_t child_changes_ = 0;  // when it was forked
    std::uint64_t child_saves_ = 0;
    Steady::time_point rewrite_not_before_{};
    Steady::time_point save_not_before_{};

    std::thread supervising_;
};

}  // namespace sabil::proxy::persistence
