// The course of one fill: dependencies, floor, SELECT, encode, store if still valid, answer those who wait.
#pragma once

#include <memory>

#include "proxy/coherence/auditor.h"
#include "proxy/readthrough/flight_table.h"
#include "proxy/coherence/gate.h"
#include "proxy/readthrough/inspector.h"
#include "proxy/readthrough/lookup_service.h"
#include "proxy/readthrough/stale_copies.h"

namespace sabil::proxy::readthrough {

// Thread-safety: every function from any thread; must outlive the callbacks of the pool and of coherence.
class Filler {
  public:
    Filler(cache::Keyspace& keyspace, Coherence& coherence, Submit submit, ServiceOptions options,
           observe::FaceMetrics metrics, std::shared_ptr<Gate> gate);

    void fill(unsigned database, std::string key, std::shared_ptr<LookupState> lookup, const Captures& captures,
              FillDone done);
    // A key whose entry ends soon, and is read: nobody waits for it.
    void fill_early(unsigned database, std::string key, const std::shared_ptr<LookupState>& lookup,
                    const Captures& captures);
    // Asks the database for a key's value and compares it with the one that was shown (`difference.kept`).
    void audit(const std::shared_ptr<LookupState>& lookup, const Captures& captures, Auditor& auditor,
               AuditDifference difference);
    // The provenance of an entry that a process before had filled. Its stale copy stayed behind.
    std::unique_ptr<const cache::Provenance> revive(unsigned database, std::string key,
                                                    std::shared_ptr<LookupState> lookup, const Captures& captures,
                                                    Proof proof);
    Inspector& inspector() noexcept { return inspector_; }
    std::size_t under_way() const { return flights_.size(); }

  private:
    using FlightPtr = std::shared_ptr<Flight>;
    void take_off(const FlightPtr& flight);
    void depart(const FlightPtr& flight);
    // Do the key's values die before they are read again?
    bool changes_too_often(const Flight& flight);
    void ask(const FlightPtr& flight);
    void answered(const FlightPtr& flight, Result<mysql::Rows> rows);
    bool may_try_again(const Flight& flight) const;
    // True where the value is in the store now.
    bool store(const FlightPtr& flight, cache::Value& value, std::chrono::milliseconds ttl,
               std::chrono::nanoseconds took);
    // Fills the key again once what it depends on has changed, if it was read by then.
    void refill_when_changed(const FlightPtr& flight, ReadMark read_mark);
    void refill(const FlightPtr& flight);
    void keep_stale_copy(const Flight& flight, const cache::Value& value, std::chrono::milliseconds ttl,
                         const LastCurrent& last_current);
    void finish(const FlightPtr& flight, resp::FillResult result);
    void finish_once(const FlightPtr& flight, std::shared_ptr<const cache::Value> value);
    void finish_error(const FlightPtr& flight, const Error& error);
    std::chrono::milliseconds ttl_of(const LookupConfig& config, bool found) const;
    std::chrono::milliseconds time_left(const Flight& flight) const;

    cache::Keyspace& keyspace_;
    Coherence& coherence_;
    Submit submit_;
    ServiceOptions options_;
    observe::FaceMetrics metrics_;
    std::shared_ptr<Gate> gate_;  // for coherence's callbacks; submit goes through it already
    FlightTable flights_;
    std::shared_ptr<FillSlots> slots_;
    BackOff back_off_;
    StaleCopies stale_;
    Inspector inspector_;
};

}  // namespace sabil::proxy::readthrough
