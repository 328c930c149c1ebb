// The 24 bits each owned entry keeps about its use. Under LRU policies: seconds, wrapping after 194 days. Under LFU
// ones: 16 bits of minutes when it last decayed and an 8-bit logarithmic counter (Morris).
#pragma once

#include <chrono>
#include <cstdint>

#include "cache/base/clock.h"
#include "cache/eviction/policy_name.h"

namespace sabil::cache {

struct AccessRules {
    EvictionPolicyName policy = EvictionPolicyName::noeviction;
    std::uint32_t lfu_log_factor = 10;
    std::uint32_t lfu_decay_minutes = 1;  // 0: never
};

inline constexpr std::uint32_t access_mask = 0xffffff;

// Thread-safety: pure.
std::uint32_t new_access(const AccessRules& rules, WallTime now) noexcept;
// After one more use; random: any 32 bits.
std::uint32_t touched_access(std::uint32_t access, const AccessRules& rules, WallTime now,
                             std::uint32_t random) noexcept;
std::chrono::seconds idle_time(std::uint32_t access, WallTime now) noexcept;
std::uint32_t access_of_idle(std::chrono::seconds idle, WallTime now) noexcept;
unsigned access_frequency(std::uint32_t access, const AccessRules& rules, WallTime now) noexcept;  // 0 .. 255, decayed
std::uint32_t access_of_frequency(unsigned frequency, WallTime now) noexcept;

// Which of two to evict first: the higher score. expiry_ms: Unix milliseconds, only for volatile-ttl.
std::uint64_t eviction_score(std::uint32_t access, std::int64_t expiry_ms, const AccessRules& rules, WallTime now,
                             std::uint32_t random) noexcept;

}  // namespace sabil::cache
