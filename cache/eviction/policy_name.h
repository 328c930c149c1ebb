// maxmemory-policy, under Redis' names.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sabil::cache {

enum class EvictionPolicyName : std::uint8_t {
    noeviction,
    allkeys_lru,
    allkeys_lfu,
    allkeys_random,
    volatile_lru,
    volatile_lfu,
    volatile_random,
    volatile_ttl,
};

std::string_view eviction_policy_text(EvictionPolicyName name) noexcept;  // "allkeys-lru"
std::optional<EvictionPolicyName> parse_eviction_policy(std::string_view text) noexcept;
constexpr bool counts_frequency(EvictionPolicyName name) noexcept {
    return name == EvictionPolicyName::allkeys_lfu || name == EvictionPolicyName::volatile_lfu;
}
constexpr bool needs_expiry(EvictionPolicyName name) noexcept {
    return name >= EvictionPolicyName::volatile_lru;
}

}  // namespace sabil::cache
