// What INFO and the metrics tell of persistence.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace sabil::proxy::persistence {

// Thread-safety: a value type.
struct Statistics {
    using Steady = std::chrono::steady_clock;

    std::uint64_t changes_at_save = 0;  // of the data set, when it was last saved
    std::uint64_t changes_since_save = 0;
    std::int64_t last_save_unix_seconds = 0;
    bool snapshot_running = false;
    bool last_snapshot_ok = true;
    std::string last_snapshot_error;
    std::int64_t last_snapshot_seconds = -1;  // what it took; -1: there was none
    Steady::time_point job_began{};           // of the one under way
    std::uint64_t snapshots = 0;
    std::uint64_t snapshot_failures = 0;
    std::uint64_t last_snapshot_copied_bytes = 0;
    std::uint64_t last_snapshot_bytes = 0;
    std::uint64_t keys_processed = 0;  // by the child
    std::uint64_t keys_total = 0;
    std::uint64_t copied_bytes = 0;  // by the child's being there, now
    std::uint64_t copied_bytes_peak = 0;

    bool log_on = false;
    bool rewrite_running = false;
    bool rewrite_scheduled = false;
    bool last_rewrite_ok = true;
    std::int64_t last_rewrite_seconds = -1;
    std::uint64_t rewrites = 0;
    std::uint64_t rewrite_failures = 0;
    std::uint64_t consecutive_rewrite_failures = 0;
    std::uint64_t last_rewrite_copied_bytes = 0;
    bool log_write_ok = true;
    std::string log_trouble;
    std::uint64_t log_bytes = 0;
    std::uint64_t log_base_bytes = 0;
    std::uint64_t log_buffered_bytes = 0;
    bool log_sync_pending = false;
    std::uint64_t log_delayed_syncs = 0;
    std::uint64_t log_records = 0;

    std::uint64_t forks = 0;
    std::int64_t last_fork_us = 0;
    std::uint64_t keys_loaded = 0;
    std::uint64_t keys_expired_at_load = 0;
    bool loading = false;
    std::uint64_t fills_restored = 0;  // entries filled from MySQL that came back at the start
    std::uint64_t fills_dropped = 0;
    std::string fills_drop_reason;
};

}  // namespace sabil::proxy::persistence
