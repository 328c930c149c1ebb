#include "cache/eviction/access_clock.h"

#include <algorithm>

namespace sabil::cache {
namespace {

constexpr unsigned initial_frequency = 5;  // a new key gets time to prove itself
constexpr unsigned largest_frequency = 255;

std::uint32_t seconds_of(WallTime now) noexcept {
    return static_cast<std::uint32_t>(now.time_since_epoch().count() / 1000) & access_mask;
}

std::uint32_t minutes_of(WallTime now) noexcept {
    return static_cast<std::uint32_t>(now.time_since_epoch().count() / 60'000) & 0xffff;
}

std::uint32_t pack_frequency(unsigned frequency, WallTime now) noexcept {
    return minutes_of(now) << 8 | frequency;
}

}  // namespace

std::uint32_t new_access(const AccessRules& rules, WallTime now) noexcept {
    return counts_frequency(rules.policy) ? pack_frequency(initial_frequency, now) : seconds_of(now);
}

std::uint32_t touched_access(std::uint32_t access, const AccessRules& rules, WallTime now,
                             std::uint32_t random) noexcept {
    if (!counts_frequency(rules.policy)) return seconds_of(now);
    auto frequency = access_frequency(access, rules, now);
    if (frequency < largest_frequency) {
        const auto base = frequency > initial_frequency ? frequency - initial_frequency : 0;
        // Counts up with probability 1 / (base * factor + 1).
        const auto odds = std::uint64_t{base} * rules.lfu_log_factor + 1;
        if (random < UINT32_MAX / odds) ++frequency;
    }
    return pack_frequency(frequency, now);
}

std::chrono::seconds idle_time(std::uint32_t access, WallTime now) noexcept {
    return std::chrono::seconds((seconds_of(now) - access) & access_mask);
}

std::uint32_t access_of_idle(std::chrono::seconds idle, WallTime now) noexcept {
    const auto back = std::clamp<std::int64_t>(idle.count(), 0, access_mask);
    return (seconds_of(now) - static_cast<std::uint32_t>(back)) & access_mask;
}

unsigned access_frequency(std::uint32_t access, const AccessRules& rules, WallTime now) noexcept {
    const auto frequency = access & 0xff;
    if (rules.lfu_decay_minutes == 0) return frequency;
    const auto periods = ((minutes_of(now) - (access >> 8)) & 0xffff) / rules.lfu_decay_minutes;
    return periods >= frequency ? 0 : frequency - periods;
}

std::uint32_t access_of_frequency(unsigned frequency, WallTime now) noexcept {
    return pack_frequency(std::min(frequency, largest_frequency), now);
}

std::uint64_t eviction_score(std::uint32_t access, std::int64_t expiry_ms, const AccessRules& rules, WallTime now,
                             std::uint32_t random) noexcept {
    switch (rules.policy) {
        case EvictionPolicyName::allkeys_lru:
        case EvictionPolicyName::volatile_lru:
            return static_cast<std::uint64_t>(idle_time(access, now).count());
        case EvictionPolicyName::allkeys_lfu:
        case EvictionPolicyName::volatile_lfu:
            return largest_frequency - access_frequency(access, rules, now);
        case EvictionPolicyName::volatile_ttl:
            return UINT64_MAX - static_cast<std::uint64_t>(std::max<std::int64_t>(expiry_ms, 0));
        case EvictionPolicyName::allkeys_random:
        case EvictionPolicyName::volatile_random:
            return random;
        case EvictionPolicyName::noeviction:
            break;
    }
    return 0;
}

}  // namespace sabil::cache
