#include "proxy/readthrough/filler.h"

#include <algorithm>

#include "cache/base/hash.h"
#include "cache/store/database.h"
#include "cache/store/lock_set.h"
#include "proxy/readthrough/encode.h"
#include "proxy/readthrough/json_text.h"
#include "proxy/readthrough/value_text.h"

namespace sabil::proxy::readthrough {
namespace {

using namespace std::chrono_literals;
using resp::FillOutcome;
using resp::FillResult;

// Nobody waits for it, and nobody else would try.
constexpr unsigned refill_attempts_max = 32;
// Changes that follow each other closely leave no time for a read between them.
constexpr unsigned refills_unread_max = 3;
constexpr unsigned refill_follows_max = 3;

SteadyTime steady_now() {
    return system_clock().steady();
}

FillResult once(std::shared_ptr<const cache::Value> value, const std::string& key) {
    FillResult out;
    out.outcome = FillOutcome::one_shot;
    out.put = [value = std::move(value), key](cache::Database& database) {
        if (value->type() == cache::ValueType::absent) return;
        database.fill(cache::KeyRef(key), value->clone(), std::make_unique<OnceProvenance>());
    };
    return out;
}

bool wants_stale(const LookupConfig& config) {
    return config.stale_if_error.count() > 0 || config.stale_while_revalidate.count() > 0;
}

// Is this the server's answer to the statement, or did it not come to answer?
bool server_judged(const Error& error) {
    constexpr std::uint16_t shutdown_in_progress = 1053;
    constexpr std::uint16_t query_interrupted = 1317;
    constexpr std::uint16_t too_many_connections = 1040;
    constexpr std::uint16_t first_client_error = 2000;
    constexpr std::uint16_t last_client_error = 2999;
    if (error.code != ErrorCode::server)
        return error.code == ErrorCode::invalid || error.code == ErrorCode::out_of_range;
    return error.number != shutdown_in_progress && error.number != query_interrupted &&
           error.number != too_many_connections &&
           (error.number < first_client_error || error.number > last_client_error);
}

}  // namespace

Filler::Filler(cache::Keyspace& keyspace, Coherence& coherence, Submit submit, ServiceOptions options,
               observe::FaceMetrics metrics, std::shared_ptr<Gate> gate)
    : keyspace_(keyspace),
      coherence_(coherence),
      submit_(submit),
      options_(std::move(options)),
      metrics_(std::move(metrics)),
      gate_(std::move(gate)),
      flights_(coherence, options_.max_staleness),
      slots_(FillSlots::create(options_.fills)),
      stale_(keyspace),
      inspector_(coherence, std::move(submit), options_.default_schema, options_.fill_limit) {}

std::chrono::milliseconds Filler::ttl_of(const LookupConfig& config, bool found) const {
    auto ttl = config.ttl;
    if (ttl.count() == 0) {
        ttl = options_.default_ttl.value_or(coherence_.mode() == CoherenceMode::coherent ? 1h : 60s);
    }
    return found ? ttl : config.negative_ttl.value_or(ttl);
}

std::chrono::milliseconds Filler::time_left(const Flight& flight) const {
    auto used = std::chrono::duration_cast<std::chrono::milliseconds>(steady_now() - flight.started);
    return std::max(50ms, options_.fill_limit - used);
}

void Filler::fill(unsigned database, std::string key, std::shared_ptr<LookupState> lookup, const Captures& captures,
                  FillDone done) {
    lookup->count_miss();
    const auto& statement = lookup->analysis()->statement;
    if (statement.cacheable()) {
        metrics_.misses.add();
    } else {
        metrics_.bypass(invalidation::sql::reason_name(statement.reason)).add();
    }
    auto parameters = bind(lookup->lookup().query, lookup->analysis()->kinds, captures);
    if (!parameters) {
        lookup->count_error();
        return done({FillOutcome::error, parameters.error().message, nullptr});
    }
    auto flight = std::make_shared<Flight>();
    flight->database = database;
    flight->key = std::move(key);
    flight->lookup = std::move(lookup);
    flight->parameters = std::move(*parameters);
    flight->started = steady_now();
    if (auto window = flight->lookup->config().stale_while_revalidate; window.count() > 0) {
        if (auto value = stale_.find(database, flight->key, window)) {
            flight->lookup->count_stale();
            done(once(std::move(value), flight->key));
            done = nullptr;  // the fill goes on with nobody waiting
        }
    }
    switch (flights_.join(flight, done)) {
        case FlightTable::Joined::follows:
            return;
        case FlightTable::Joined::leads:
            return take_off(flight);
        case FlightTable::Joined::full:
            if (done) done({FillOutcome::unavailable, "too many fills are under way; try again", nullptr});
            return;
    }
}

// Those ahead of it began before it, and so end before it must: it gets its turn in time, if only to be told so.
void Filler::take_off(const FlightPtr& flight) {
    if (flight->slot || flight->is_early) return depart(flight);
    auto tables = FillSlots::tables_of(flight->lookup->analysis()->statement, options_.default_schema);
    auto waiting = slots_->wait(std::move(tables), [this, flight, gate = gate_](FillSlots::SlotRef slot) {
        Gate::Entry entry(*gate);
        if (!entry) return;
        flight->slot = std::move(slot);
        if (steady_now() - flight->started < options_.fill_limit) return depart(flight);
        finish_error(flight, {ErrorCode::timeout, "too many fills were under way for too long; try again"});
    });
    if (!waiting) finish_error(flight, {ErrorCode::unavailable, "too many fills are under way; try again"});
}

void Filler::depart(const FlightPtr& flight) {
    ++flight->attempts;
    inspector_.refresh(flight->lookup);
    auto analysis = flight->lookup->analysis();
    flight->proof = nullptr;
    flight->schema_loading = false;
    if (!analysis->statement.cacheable() || changes_too_often(*flight)) {
        flight->bypass = true;
        return ask(flight);
    }
    auto found = coherence_.dependencies(analysis->statement, options_.default_schema, flight->parameters.literals);
    if (!found.dependencies) {
        flight->schema_loading = found.reason == "schema_loading";
        flight->bypass = !flight->schema_loading;
        return ask(flight);
    }
    auto proof = std::make_shared<Proof>();
    proof->dependencies = std::move(*found.dependencies);
    // Rule 1: the floor is taken before the SELECT is sent.
    auto then = [this, flight, proof, gate = gate_](std::optional<invalidation::Floor> floor) {
        Gate::Entry entry(*gate);
        if (!entry) return;
        if (floor) {
            proof->floor = *floor;
            flight->proof = proof;
        }
        ask(flight);
    };
    if (flight->is_refill) {
        coherence_.async_covering_floor(proof->dependencies, std::move(then));
    } else {
        coherence_.async_floor(proof->dependencies, std::move(then));
    }
}

bool Filler::changes_too_often(const Flight& flight) {
    if (flight.is_refill) return false;
    const cache::KeyRef key(flight.key);
    const auto hash = hash_bytes(flight.key, flight.database);
    std::optional<bool> died_read;
    if (flight.attempts == 1) {
        const cache::LockSet lock(keyspace_, key);
        cache::Database database(keyspace_, flight.database);
        const auto* before = dynamic_cast<const LookupProvenance*>(database.provenance(key));
        if (before != nullptr) died_read = before->died_read();
    }
    if (died_read) back_off_.died(hash, *died_read, steady_now());
    const bool paused = back_off_.paused(hash, steady_now());
    if (paused && flight.attempts == 1) metrics_.bypass("changes_too_often").add();
    return paused;
}

void Filler::ask(const FlightPtr& flight) {
    flight->asked = steady_now();
    flights_.sending(*flight);
    submit_(
        flight->lookup->lookup().query.text, flight->parameters.values,
        [this, flight](Result<mysql::Rows> rows) { answered(flight, std::move(rows)); }, time_left(*flight));
}

void Filler::answered(const FlightPtr& flight, Result<mysql::Rows> rows) {
    auto took = steady_now() - flight->asked;
    metrics_.backend_seconds.record(took);
    if (!rows) return finish_error(flight, rows.error());
    mark_json_columns(*rows, flight->lookup->analysis()->json_columns);
    auto value = encode(flight->lookup->config().as, *rows, keyspace_.tunables().encodings);
    if (!value) return finish_error(flight, value.error());
    bool for_want_of_proof = flight->schema_loading || (flight->is_refill && flight->proof == nullptr && !flight->bypass);
    if (for_want_of_proof && may_try_again(*flight)) return take_off(flight);
    bool found = value->type() != cache::ValueType::absent;
    auto ttl = ttl_of(flight->lookup->config(), found);
    if (value->heap_bytes() > options_.max_result_bytes) {
        metrics_.fills_too_big.add();
    } else if (flight->proof != nullptr && ttl.count() > 0) {
        if (coherence_.storable(flight->proof->dependencies, flight->proof->floor)) {
            // Where the horizon is too old an entry is kept and not served yet: this answer is shown as it is.
            bool shown_once = !coherence_.servable(flight->proof->dependencies, flight->proof->floor);
            auto copy = shown_once ? std::make_shared<const cache::Value>(value->clone()) : nullptr;
            if (store(flight, *value, ttl, took)) {
                flight->lookup->count_fill(took, found);
                metrics_.fills_stored.add();
                return shown_once ? finish_once(flight, std::move(copy)) : finish(flight, {});
            }
        } else if (may_try_again(*flight)) {
            flight->lookup->count_fill(took, found);
            flights_.holding(*flight);
            return take_off(flight);
        }
        metrics_.fills_rejected.add();
    } else {
        metrics_.fills_rejected.add();
    }
    flight->lookup->count_fill(took, found);
    finish_once(flight, std::make_shared<const cache::Value>(std::move(*value)));
}

bool Filler::may_try_again(const Flight& flight) const {
    auto attempts = flight.is_refill ? refill_attempts_max : options_.fill_attempts;
    return flight.attempts < attempts && steady_now() - flight.started < options_.fill_limit / 2;
}

bool Filler::store(const FlightPtr& flight_pointer, cache::Value& value, std::chrono::milliseconds ttl,
                   std::chrono::nanoseconds took) {
    const auto& flight = *flight_pointer;
    const auto& config = flight.lookup->config();
    LastCurrent last_current;
    if (wants_stale(config) && value.type() != cache::ValueType::absent) {
        last_current = std::make_shared<std::atomic<std::int64_t>>(coarse_milliseconds());
        keep_stale_copy(flight, value, ttl, last_current);
    }
    auto read_mark = config.refresh ? std::make_shared<std::atomic<bool>>(false) : nullptr;
    auto provenance = std::make_unique<LookupProvenance>(coherence_, flight.proof, flight.lookup->number(),
                                                         std::move(last_current), read_mark,
                                                         Lifetime{coarse_milliseconds() + ttl.count(), took,
                                                                  flight.lookup->early_wanted()});
    cache::KeyRef key(flight.key);
    bool newer = false;
    {
        cache::LockSet lock(keyspace_, key);
        cache::Database database(keyspace_, flight.database);
        // An entry read above a higher floor is newer: it stays.
        const auto* old = dynamic_cast<const LookupProvenance*>(database.provenance(key));
        newer = old != nullptr && old->valid() && old->lookup() == flight.lookup->number() &&
                     old->proof().floor.epoch == flight.proof->floor.epoch &&
                     old->proof().floor.n > flight.proof->floor.n;
        if (!newer) database.fill(key, std::move(value), std::move(provenance), database.now() + ttl);
    }
    if (keyspace_.over_budget()) keyspace_.evict_until_within_budget();
    if (read_mark && !newer) refill_when_changed(flight_pointer, std::move(read_mark));
    return true;
}

// An entry that nobody has read through several changes is left to go: the next read fills it.
void Filler::refill_when_changed(const FlightPtr& flight, ReadMark read_mark) {
    const auto& proof = flight->proof;
    coherence_.watch(proof->dependencies, proof->floor, [this, flight, read_mark = std::move(read_mark), gate = gate_] {
        Gate::Entry entry(*gate);
        auto unread = read_mark->load(std::memory_order_relaxed) ? 0 : flight->refills_unread + 1;
        if (!entry || unread > refills_unread_max || flight->lookup->retired()) return;
        auto next = std::make_shared<Flight>();
        next->database = flight->database;
        next->key = flight->key;
        next->lookup = flight->lookup;
        next->parameters = flight->parameters;
        next->is_refill = true;
        next->refills_unread = unread;
        refill(next);
    });
}

std::unique_ptr<const cache::Provenance> Filler::revive(unsigned database, std::string key,
                                                        std::shared_ptr<LookupState> lookup, const Captures& captures,
                                                        Proof proof) {
    auto shared = std::make_shared<const Proof>(std::move(proof));
    ReadMark read_mark;
    auto parameters = bind(lookup->lookup().query, lookup->analysis()->kinds, captures);
    if (lookup->config().refresh && parameters) {
        read_mark = std::make_shared<std::atomic<bool>>(false);
        auto flight = std::make_shared<Flight>();
        flight->database = database;
        flight->key = std::move(key);
        flight->lookup = lookup;
        flight->parameters = std::move(*parameters);
        flight->proof = shared;
        refill_when_changed(flight, read_mark);
    }
    return std::make_unique<LookupProvenance>(coherence_, std::move(shared), lookup->number(), nullptr,
                                              std::move(read_mark));
}

// May be called with the key's slice locked: nothing on a refill's way locks one before the database has answered.
void Filler::fill_early(unsigned database, std::string key, const std::shared_ptr<LookupState>& lookup,
                        const Captures& captures) {
    auto parameters = bind(lookup->lookup().query, lookup->analysis()->kinds, captures);
    if (!parameters) return;
    auto flight = std::make_shared<Flight>();
    flight->database = database;
    flight->key = std::move(key);
    flight->lookup = lookup;
    flight->parameters = std::move(*parameters);
    flight->is_refill = flight->is_early = true;
    flight->started = steady_now();
    if (flights_.join(flight, nullptr) == FlightTable::Joined::leads) take_off(flight);
}

// Where another fill is under way already, that one will do, unless it ends with nothing in the store: a reader's gives
// up sooner.
void Filler::refill(const FlightPtr& flight) {
    flight->started = steady_now();
    auto done = [this, flight](const FillResult& result) {
        bool followed = flight->attempts == 0;
        if (!followed || result.outcome != FillOutcome::one_shot) return;
        if (++flight->refills_followed <= refill_follows_max) refill(flight);
    };
    if (flights_.join(flight, done) == FlightTable::Joined::leads) take_off(flight);
}

void Filler::audit(const std::shared_ptr<LookupState>& lookup, const Captures& captures, Auditor& auditor,
                   AuditDifference difference) {
    auto parameters = bind(lookup->lookup().query, lookup->analysis()->kinds, captures);
    if (!parameters) return;
    auto shared = std::make_shared<AuditDifference>(std::move(difference));
    submit_(
        lookup->lookup().query.text, std::move(parameters->values),
        [this, lookup, &auditor, shared](Result<mysql::Rows> rows) {
            if (!rows) return;
            shared->answered = std::chrono::steady_clock::now();
            mark_json_columns(*rows, lookup->analysis()->json_columns);
            auto value = encode(lookup->config().as, *rows, keyspace_.tunables().encodings);
            if (!value) return;
            shared->answer = value_text(*value);
            if (shared->answer == shared->kept) return auditor.agrees();
            auditor.differs(std::move(*shared));
        },
        options_.fill_limit);
}

void Filler::keep_stale_copy(const Flight& flight, const cache::Value& value, std::chrono::milliseconds ttl,
                             const LastCurrent& last_current) {
    const auto& config = flight.lookup->config();
    auto until = keyspace_.now() + ttl + std::max(config.stale_if_error, config.stale_while_revalidate);
    stale_.keep(flight.database, flight.key, value.clone(),
                std::make_unique<StaleProvenance>(coherence_, flight.proof, flight.lookup->number(), last_current),
                until);
}

void Filler::finish(const FlightPtr& flight, FillResult result) {
    auto waiters = flights_.land(flight);
    flight->slot.reset();
    (flight->bypass ? metrics_.bypass_seconds : metrics_.miss_seconds).record(steady_now() - flight->started);
    for (auto& done : waiters) done(result);
}

void Filler::finish_once(const FlightPtr& flight, std::shared_ptr<const cache::Value> value) {
    finish(flight, once(std::move(value), flight->key));
}

void Filler::finish_error(const FlightPtr& flight, const Error& error) {
    metrics_.fills_error.add();
    flight->lookup->count_error();
    flight->lookup->set_last_error(error.message);
    bool judged = server_judged(error);
    if (auto window = flight->lookup->config().stale_if_error; window.count() > 0 && !flight->is_refill) {
        if (auto value = stale_.find(flight->database, flight->key, window)) {
            flight->lookup->count_stale();
            return finish_once(flight, std::move(value));
        }
    }
    finish(flight, {judged ? FillOutcome::error : FillOutcome::unavailable, error.message, nullptr});
}

}  // namespace sabil::proxy::readthrough
