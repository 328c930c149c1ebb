#include "proxy/readthrough/flight_table.h"

#include <mutex>
#include <unordered_map>

#include "cache/base/hash.h"

namespace sabil::proxy::readthrough {
namespace {

struct FlightKey {
    unsigned database;
    std::string_view key;  // of the flight it maps to
    bool operator==(const FlightKey&) const = default;
};

struct FlightKeyHash {
    std::size_t operator()(const FlightKey& key) const noexcept { return hash_bytes(key.key, key.database); }
};

}  // namespace

struct FlightTable::Shard {
    mutable std::mutex mutex;
    std::unordered_map<FlightKey, std::shared_ptr<Flight>, FlightKeyHash> flights;
};

FlightTable::FlightTable(const Coherence& coherence, std::chrono::milliseconds max_age)
    : coherence_(coherence), max_age_(max_age), shards_(std::make_unique<Shard[]>(shards_count)) {}

FlightTable::~FlightTable() = default;

FlightTable::Shard& FlightTable::shard_of(const Flight& flight) const {
    return shards_[FlightKeyHash{}({flight.database, flight.key}) % shards_count];
}

bool FlightTable::joinable(const Flight& flight) const {
    if (!flight.sent_) return true;
    if (flight.sent_proof_) {
        return coherence_.storable(flight.sent_proof_->dependencies, flight.sent_proof_->floor);
    }
    return system_clock().steady() - flight.sent_at_ <= max_age_;
}

FlightTable::Joined FlightTable::join(const std::shared_ptr<Flight>& flight, FillDone done) {
    auto& shard = shard_of(*flight);
    std::lock_guard lock(shard.mutex);
    auto found = shard.flights.find({flight->database, flight->key});
    if (found != shard.flights.end() && found->second->lookup == flight->lookup && joinable(*found->second)) {
        auto& waiters = found->second->waiters_;
        if (waiters.size() >= waiters_per_flight_max) return Joined::full;
        if (done) waiters.push_back(std::move(done));
        return Joined::follows;
    }
    // The flight that may not be joined goes on for those who joined it; it is only no longer found.
    if (found != shard.flights.end()) shard.flights.erase(found);
    if (shard.flights.size() >= flights_per_shard_max) return Joined::full;
    if (done) flight->waiters_.push_back(std::move(done));
    shard.flights.emplace(FlightKey{flight->database, flight->key}, flight);
    return Joined::leads;
}

void FlightTable::sending(Flight& flight) {
    auto& shard = shard_of(flight);
    std::lock_guard lock(shard.mutex);
    flight.sent_ = true;
    flight.sent_at_ = system_clock().steady();
    flight.sent_proof_ = flight.proof;
}

void FlightTable::holding(Flight& flight) {
    auto& shard = shard_of(flight);
    std::lock_guard lock(shard.mutex);
    flight.sent_ = false;
}

std::vector<FillDone> FlightTable::land(const std::shared_ptr<Flight>& flight) {
    auto& shard = shard_of(*flight);
    std::lock_guard lock(shard.mutex);
    auto found = shard.flights.find({flight->database, flight->key});
    if (found != shard.flights.end() && found->second == flight) shard.flights.erase(found);
    return std::exchange(flight->waiters_, {});
}

std::size_t FlightTable::size() const {
    std::size_t sum = 0;
    for (std::size_t i = 0; i < shards_count; ++i) {
        std::lock_guard lock(shards_[i].mutex);
        sum += shards_[i].flights.size();
    }
    return sum;
}

}  // namespace sabil::proxy::readthrough
