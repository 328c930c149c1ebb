// What one worker counts. Written by that worker alone with plain stores, read by anyone; summed by ServerStats.
#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sabil::proxy::resp {

// One writer, many readers, no locked instruction.
class Count {
  public:
    void add(std::uint64_t n = 1) noexcept {
        value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
    }
    std::uint64_t get() const noexcept { return value_.load(std::memory_order_relaxed); }
    void reset() noexcept { value_.store(0, std::memory_order_relaxed); }

  private:
    std::atomic<std::uint64_t> value_{0};
};

struct CommandCounts {
    static constexpr std::size_t buckets_count = 32;  // bucket i: up to 2^i microseconds
    Count calls;
    Count nanoseconds;
    Count rejected;  // refused before they ran
    Count failed;    // ran, and answered with an error
    Count latency[buckets_count];
    void record(std::uint64_t ns) noexcept {
        calls.add();
        nanoseconds.add(ns);
        std::uint64_t us = ns / 1000;
        latency[std::min<std::size_t>(us == 0 ? 0 : std::bit_width(us - 1), buckets_count - 1)].add();
    }
};

// Thread-safety: counts as above; the error map is locked.
struct alignas(64) WorkerStats {
    explicit WorkerStats(std::size_t commands_count) : commands(commands_count) {}

    std::vector<CommandCounts> commands;  // by Command::id
    Count commands_processed;
    Count connections_received;
    Count connections_rejected;
    Count bytes_in;
    Count bytes_out;
    Count reads;
    Count writes;
    Count errors;
    Count evicted_clients;
    Count query_buffer_closed;   // clients closed by client-query-buffer-limit
    Count output_buffer_closed;  // by client-output-buffer-limit
    Count lookup_hits;           // reads of lookup keys answered from memory
    Count lookup_misses;
    Count unexpected_errors;
    Count auth_denied;
    Count acl_denied_command;
    Count acl_denied_key;
    Count acl_denied_channel;

    static constexpr std::size_t error_codes_max = 128;
    void count_error(std::string_view code);
    void add_errors_to(std::map<std::string, std::uint64_t>& out);
    void reset();

  private:
    std::mutex errors_mutex_;
    std::map<std::string, std::uint64_t, std::less<>> errors_by_code_;
};

}  // namespace sabil::proxy::resp
