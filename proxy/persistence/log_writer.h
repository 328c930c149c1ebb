// Writes the append-only file: takes the records from the shards, writes them, and brings them to disk as appendfsync
// says. Two threads of its own: one writes; the other syncs once a second (appendfsync everysec).
//
// always: each round is written and synced before the replies that wait for it are sent; rounds gather what all workers
// appended meanwhile. Where that fails the process ends, as an acknowledged write could not be kept.
// everysec: synced a second after it was written at the latest. While a sync is under way writing waits, at most two
// seconds; then it is written all the same and, where that blocks, further writes of clients are held.
// no: written, and synced by the system when it sees fit.
// A write or a sync that fails is tried again each second, and until it succeeds writes of clients are refused.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "cache/persist/durable_file.h"
#include "proxy/persistence/log_shards.h"
#include "proxy/persistence/options.h"

namespace sabil::proxy::persistence {

// Thread-safety: any thread, but for start and stop.
class LogWriter {
  public:
    explicit LogWriter(LogShards& shards);
    ~LogWriter();
    LogWriter(const LogWriter&) = delete;
    LogWriter& operator=(const LogWriter&) = delete;

    // Before anything is opened. Called, on any thread, whenever trouble begins or ends and whenever writes are to be held or no more.
    void on_change(std::function<void()> call) { changed_ = std::move(call); }
    void set_policy(SyncPolicy policy);
    SyncPolicy policy() const noexcept { return policy_.load(std::memory_order_relaxed); }
    void set_annotate(bool annotate) noexcept { annotate_.store(annotate, std::memory_order_relaxed); }
    // no-appendfsync-on-rewrite, while a child is at work: nothing is synced but at the end.
    void set_sync_paused(bool paused) noexcept { sync_paused_.store(paused, std::memory_order_relaxed); }

    struct File {
        cache::FileDescriptor descriptor;
        std::uint64_t bytes = 0;  // what it holds already
    };
    // From now on records go to this file. Needs that none is open, and that nothing is appended meanwhile.
    void open(File file);
    // Records from here on go to a new file; needs every slice. When those before are written and on disk, `next` opens it, and
    // `done` hears how that went; both on the writer's thread. Where it went wrong the old file goes on. Where another
    // switch is under way, false, and nothing is called.
    using Next = std::function<Result<File>()>;
    bool switch_here(Next next, std::function<void(Result<void>)> done);
    // Writes and syncs what was appended, then closes the file. Errors: what could not be brought to disk.
    Result<void> close();
    // The same, and the file stays open: everything appended by now is on disk.
    Result<void> flush();

    // Something was appended: wakes the writer where it sleeps.
    void notify() {
        if (asleep_.load(std::memory_order_seq_cst)) wake();
    }
    std::uint64_t durable() const noexcept { return durable_.load(std::memory_order_acquire); }
    void when_durable(std::uint64_t position, std::function<void()> then);
    void release_all() { published(UINT64_MAX); }  // nobody waits any more

    struct Status {
        bool open = false;
        std::string trouble;  // empty: none
        bool sync_failed = false;  // what was written may be lost: the log must be written anew
        std::uint64_t file_bytes = 0;
        std::uint64_t buffered_bytes = 0;
        std::uint64_t delayed_syncs = 0;
        bool sync_pending = false;
    };
    Status status() const;
    bool in_trouble() const noexcept { return in_trouble_.load(std::memory_order_relaxed); }
    // Writes of clients are to wait.
    bool stalled() const noexcept { return stalled_.load(std::memory_order_relaxed) || shards_.crowded(); }
    // The log was written anew: what a failed sync may have lost is in the new base.
    void forgive();

  private:
    struct Switch {
        std::uint64_t cut = 0;
        Next next;
        std::function<void(Result<void>)> done;
    };
    struct Task {
        enum class Kind : std::uint8_t { open, flush, close } kind = Kind::flush;
        File file;
        std::function<void(Result<void>)> done;
    };
    struct Waiting {
        std::uint64_t position;
        std::function<void()> then;
    };

    void run();
    void wake();
    void round();
    void take();
    Result<void> write(bool force);
    bool may_write_now(bool force);
    void switch_file();
    void perform(Task task);
    void sync_by_policy();
    Result<void> sync_now();
    void run_syncs();
    void request_sync();
    void wait_for_sync();
    void published(std::uint64_t position);
    bool may_try();
    void begin_trouble(const std::string& why, bool of_sync);
    void end_trouble();
    [[noreturn]] void give_up(const std::string& why);

    LogShards& shards_;
    std::function<void()> changed_ = [] {};
    std::atomic<SyncPolicy> policy_{SyncPolicy::everysec};
    std::atomic<bool> annotate_{false};
    std::atomic<bool> sync_paused_{false};
    std::atomic<bool> asleep_{false};
    std::atomic<bool> in_trouble_{false};
    std::atomic<bool> stalled_{false};
    std::atomic<std::uint64_t> durable_{0};
    std::atomic<std::uint64_t> delayed_syncs_{0};
    std::atomic<std::uint64_t> file_bytes_{0};
    std::atomic<std::uint64_t> buffered_bytes_{0};

    // The writer's thread only.
    cache::FileDescriptor file_;
    LogShards::Text text_;   // not yet written, of this file
    LogShards::Text after_;  // of the file after the switch
    std::uint64_t taken_ = 0;    // records taken from the shards
    std::uint64_t written_ = 0;  // records in the file
    std::uint64_t synced_ = 0;   // records that a sync was asked for
    std::chrono::steady_clock::time_point last_sync_{};
    std::chrono::steady_clock::time_point postponed_since_{};
    std::chrono::steady_clock::time_point retry_at_{};

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool woken_ = false;
    bool stopping_ = false;
    std::vector<Task> tasks_;
    std::optional<Switch> switch_;
    std::vector<Waiting> waiting_;
    std::string trouble_;
    bool sync_failed_ = false;
    bool is_open_ = false;

    mutable std::mutex sync_mutex_;
    std::condition_variable sync_wake_;
    int sync_descriptor_ = -1;  // a sync is asked for or under way
    std::uint64_t sync_position_ = 0;
    bool sync_stopping_ = false;

    std::thread writing_;
    std::thread syncing_;
};

}  // namespace sabil::proxy::persistence
