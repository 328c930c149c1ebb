// Parameters that are asked on every command or connection; CONFIG SET writes them (config_registry.h).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace sabil::proxy::resp {

enum class ClientClass : std::uint8_t { normal, replica, pubsub };

struct OutputLimit {
    std::atomic<std::uint64_t> hard_bytes{0};  // 0: none
    std::atomic<std::uint64_t> soft_bytes{0};
    std::atomic<std::uint64_t> soft_seconds{0};
};

// Thread-safety: any thread, relaxed: a change is seen soon, not at once.
struct Settings {
    std::atomic<std::uint64_t> timeout_seconds{0};  // of idle clients; 0: never
    std::atomic<std::uint64_t> maxclients{10'000};
    std::atomic<std::int64_t> bulk_bytes_max{512LL << 20};
    std::atomic<std::uint64_t> query_buffer_bytes_max{1ULL << 30};
    std::atomic<std::uint64_t> tcp_keepalive_seconds{300};
    std::atomic<std::uint32_t> notify_events{0};  // bits of event_setting.h
    std::atomic<std::uint64_t> latency_threshold_ms{0};
    std::atomic<std::int64_t> script_time_limit_ms{5'000};
    std::atomic<bool> debug_commands{false};
    std::atomic<bool> debug_commands_local{false};
    std::atomic<bool> scripts_may_call_all{false};  // DEBUG SET-DISABLE-DENY-SCRIPTS
    std::atomic<bool> cron_paused{false};           // DEBUG PAUSE-CRON: a signal's shutdown waits
    // DEBUG REPLYBUFFER PEAK-RESET-TIME: after so long without a command a client's output buffer is given back.
    std::atomic<std::int64_t> output_rest_ms{5'000};
    std::atomic<bool> latency_tracking{true};
    std::atomic<bool> expose_stack{false};
    std::atomic<bool> protected_mode{true};
    std::atomic<bool> channels_default_allowed{false};
    OutputLimit output_limits[3];
};

}  // namespace sabil::proxy::resp
