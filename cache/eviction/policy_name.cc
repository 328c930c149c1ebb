#include "cache/eviction/policy_name.h"

#include <array>

namespace sabil::cache {
namespace {

constexpr std::array<std::string_view, 8> names = {"noeviction",   "allkeys-lru",  "allkeys-lfu",     "allkeys-random",
                                                   "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"};

}  // namespace

std::string_view eviction_policy_text(EvictionPolicyName name) noexcept {
    return names[static_cast<std::size_t>(name)];
}

std::optional<EvictionPolicyName> parse_eviction_policy(std::string_view text) noexcept {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == text) return static_cast<EvictionPolicyName>(i);
    }
    return std::nullopt;
}

}  // namespace sabil::cache
