// How far the start-up load is, as INFO and the log tell it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>

namespace sabil::proxy::persistence {

// Thread-safety: one thread loads, any reads.
struct LoadingState {
    std::atomic<bool> active{false};
    std::atomic<std::int64_t> started_unix_seconds{0};
    std::atomic<std::uint64_t> total_bytes{0};
    std::atomic<std::uint64_t> loaded_bytes{0};
    std::atomic<std::uint64_t> keys_loaded{0};   // of the last load
    std::atomic<std::uint64_t> keys_expired{0};

    void begin(std::uint64_t bytes) noexcept {
        started_unix_seconds = std::time(nullptr);
        total_bytes = bytes;
        loaded_bytes = 0;
        keys_loaded = 0;
        keys_expired = 0;
        active = true;
    }
};

}  // namespace sabil::proxy::persistence
