// SLOWLOG: the newest commands that took longer than `slowlog-log-slower-than`.
#pragma once

#include "proxy/resp/args.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace sabil::proxy::resp {

struct SlowCommand {
    std::uint64_t id = 0;
    std::int64_t unix_seconds = 0;
    std::uint64_t microseconds = 0;
    std::vector<std::string> args;  // shortened
    std::string client_address;
    std::string client_name;
};

// Thread-safety: any thread.
class SlowLog {
  public:
    static constexpr std::size_t args_max = 32;
    static constexpr std::size_t arg_bytes_max = 128;

    // Costs one load and a comparison for commands below the threshold. Negative thresholds log nothing, 0 everything.
    bool is_slow(std::uint64_t microseconds) const noexcept {
        auto threshold = threshold_us_.load(std::memory_order_relaxed);
        return threshold >= 0 && microseconds >= static_cast<std::uint64_t>(threshold);
    }
    void add(std::uint64_t microseconds, Args args, std::string client_address, std::string client_name);
    std::vector<SlowCommand> newest(std::size_t count) const;
    std::size_t size() const;
    void clear();
    void set_threshold(std::int64_t microseconds) noexcept { threshold_us_ = microseconds; }
    void set_max_entries(std::size_t count);

  private:
    mutable std::mutex mutex_;
    std::deque<SlowCommand> entries_;  // newest first
    std::uint64_t next_id_ = 0;
    std::atomic<std::size_t> max_entries_{128};
    std::atomic<std::int64_t> threshold_us_{10'000};
};

}  // namespace sabil::proxy::resp
