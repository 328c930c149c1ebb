#include "proxy/mysql_front/flights.h"

#include <utility>

namespace sabil::proxy::mysql_front {

Flights::Role Flights::join(std::uint64_t key, const std::function<bool(invalidation::Floor)>& joinable,
                            const std::function<Wake()>& make_wake) {
    auto& s = shard(key);
    const std::lock_guard lock(s.mutex);
    auto [it, first] = s.flights.try_emplace(key);
    if (first) return Role::leader;
    auto& flight = it->second;
    if (flight.followers.size() >= followers_count_max || (flight.floor && !joinable(*flight.floor))) {
        return Role::alone;
    }
    flight.followers.push_back(make_wake());
    return Role::follower;
}

void Flights::set_floor(std::uint64_t key, invalidation::Floor floor) {
    auto& s = shard(key);
    const std::lock_guard lock(s.mutex);
    if (auto it = s.flights.find(key); it != s.flights.end()) it->second.floor = floor;
}

void Flights::finish(std::uint64_t key) {
    std::vector<Wake> followers;
    {
        auto& s = shard(key);
        const std::lock_guard lock(s.mutex);
        auto it = s.flights.find(key);
        if (it == s.flights.end()) return;
        followers = std::move(it->second.followers);
        s.flights.erase(it);
    }
    for (auto& wake : followers) wake();
}

}  // namespace sabil::proxy::mysql_front
