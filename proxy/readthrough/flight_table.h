// The fills under way: one per key, however many clients wait for it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/coherence/coherence.h"
#include "proxy/coherence/fill_slots.h"
#include "proxy/readthrough/lookup_provenance.h"
#include "proxy/readthrough/lookup_state.h"
#include "proxy/readthrough/parameters.h"
#include "proxy/resp/read_through.h"

namespace sabil::proxy::readthrough {

using FillDone = std::function<void(resp::FillResult)>;

// One fill. Thread-safety: what is public belongs to the fill's current step, one thread at a time.
struct Flight {
    unsigned database = 0;
    std::string key;
    std::shared_ptr<LookupState> lookup;
    BoundParameters parameters;
    std::shared_ptr<const Proof> proof;  // null: the result may not be stored
    SteadyTime started;
    SteadyTime asked;
    unsigned attempts = 0;
    bool bypass = false;          // what it reads cannot be kept, whatever happens
    bool is_refill = false;       // after a change, before anybody asks
    unsigned refills_followed = 0;  // other fills that it left the work to, and that stored nothing
    unsigned refills_unread = 0;  // refills of this key, one after the other, that nobody has read
    bool is_early = false;        // before the end of an entry that is read
    FillSlots::SlotRef slot;      // null: none yet, or none is needed
    bool schema_loading = false;  // why there is no proof: it may be had in a moment

  private:
    friend class FlightTable;
    // Under the table's lock:
    bool sent_ = false;
    SteadyTime sent_at_;
    std::shared_ptr<const Proof> sent_proof_;
    std::vector<FillDone> waiters_;
};

// Thread-safety: every function from any thread.
class FlightTable {
  public:
    static constexpr std::size_t waiters_per_flight_max = 65536;
    static constexpr std::size_t flights_per_shard_max = 2048;
    static constexpr std::size_t shards_count = 64;

    // max_age: how old a statement without a proof may be for a read that starts now.
    FlightTable(const Coherence& coherence, std::chrono::milliseconds max_age);
    ~FlightTable();

    enum class Joined : std::uint8_t { follows, leads, full };
    // `done` (none: nobody waits) joins the flight of this key where its result will be current for a read that starts
    // now; otherwise `flight` takes its place, and the caller is to fly it. full: done was not taken.
    Joined join(const std::shared_ptr<Flight>& flight, FillDone done);
    // flight's SELECT is about to be sent, its proof being set.
    void sending(Flight& flight);
    // It will be sent again: until then everybody may join.
    void holding(Flight& flight);
    // Ends the flight: its waiters, for the caller to answer.
    std::vector<FillDone> land(const std::shared_ptr<Flight>& flight);
    std::size_t size() const;

  private:
    struct Shard;
    Shard& shard_of(const Flight& flight) const;
    bool joinable(const Flight& flight) const;

    const Coherence& coherence_;
    std::chrono::milliseconds max_age_;
    std::unique_ptr<Shard[]> shards_;
};

}  // namespace sabil::proxy::readthrough
