// How many workers serve the connections of a face, and which. A worker that is woken for each request pays for the
// wake-up with more than the request costs, so connections stay on few workers, which then find many requests per turn.
// They spread when these workers are full and the machine has an idle core to give. Requests that are relayed pay the
// wake-ups wherever they are, and one worker in their way makes each wait for the others: they spread sooner.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

namespace sabil::proxy::net {

// Of the whole machine since the last call; nothing at the first call, or where the system does not tell.
class IdleCores {
  public:
    std::optional<double> operator()();

  private:
    std::uint64_t idle_ticks_ = 0;
    std::chrono::steady_clock::time_point at_{};
};

// Thread-safety: any thread.
class WorkerSpread {
  public:
    static constexpr auto report_interval = std::chrono::milliseconds(100);

    // idle_cores: of the machine since its last call, nothing where unknown; called at most once per interval.
    explicit WorkerSpread(std::size_t workers, std::function<std::optional<double>()> idle_cores = IdleCores());

    // io-threads: at least so many workers serve connections, whatever the load. 1: as the load demands.
    void set_least(std::size_t count) noexcept;
    std::size_t active() const noexcept { return active_.load(std::memory_order_relaxed); }
    std::size_t workers() const noexcept { return workers_; }

    // The worker for a new connection, which counts there from now on.
    std::size_t place() noexcept;
    void moved(std::size_t from, std::size_t to) noexcept;
    std::size_t connections(std::size_t worker) const noexcept {
        return static_cast<std::size_t>(connections_[worker].load(std::memory_order_relaxed));
    }
    void left(std::size_t worker) noexcept { connections_[worker].fetch_sub(1, std::memory_order_relaxed); }

    // A worker tells which share (0 .. 1) of the last interval its thread computed, and which share of its requests was
    // relayed to another server; it does so while it has requests.
    void report(std::size_t worker, double busy, double relayed = 0);
    // The worker that one of this worker's connections should move to; nothing where all is even.
    std::optional<std::size_t> receiver(std::size_t worker) const noexcept;

  private:
    struct Load {
        double busy = 0;
        double relayed = 0;
        std::chrono::steady_clock::time_point at{};
    };
    void decide(std::chrono::steady_clock::time_point now);
    void decide_relaying(double busy, double relayed) noexcept;
    std::size_t emptiest() const noexcept;

    const std::size_t workers_;
    std::atomic<std::size_t> least_{1};
    std::atomic<std::size_t> active_{1};
    std::unique_ptr<std::atomic<std::int64_t>[]> connections_;
    std::mutex mutex_;
    std::unique_ptr<Load[]> loads_;
    std::function<std::optional<double>()> idle_cores_;
    std::chrono::steady_clock::time_point decided_at_{};
    unsigned calm_intervals_ = 0;
    bool relaying_ = false;
    std::size_t active_before_relaying_ = 1;
};

}  // namespace sabil::proxy::net
