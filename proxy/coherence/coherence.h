// What the two faces ask of coherence. The implementation drives the dump connection, the probes and the schema; tests
// of the faces use a fake.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/base/clock.h"
#include "cache/base/result.h"
#include "invalidation/dependency.h"
#include "invalidation/sql/statement.h"
#include "proxy/coherence/save_point.h"

namespace sabil::proxy {

// From best to weakest; `off`: no [mysql] section.
enum class CoherenceMode : std::uint8_t { coherent, best_effort, in_path, ttl, off };
std::string_view coherence_mode_name(
    CoherenceMode mode) noexcept;  // "coherent", "best-effort", "in-path", "ttl", "off"

// The dependencies of a statement, or why it must not be cached.
struct DependencyResult {
    std::optional<invalidation::Dependencies> dependencies;
    std::string reason;  // stable, label-safe: "schema_loading", "view", "unknown_table", "system_schema" ...; empty
                         // when cacheable
};

// A bound parameter as the client sent it, or a literal's value.
struct ParameterValue {
    invalidation::sql::Literal literal;
};

// A write's identity as the server gave it: "uuid:5" (MySQL), "0-1-5" (MariaDB).
using Gtid = std::string;

struct CoherenceStatus {
    CoherenceMode mode = CoherenceMode::off;
    std::string why;  // why not a better mode, and the setting that would improve it; empty in coherent
    std::uint64_t epoch = 0;
    std::string epoch_reason;  // what began this epoch
    invalidation::Sequence applied = 0;
    invalidation::Sequence watermark = 0;
    double lag_seconds = 0;      // age of the newest applied event by the server's clock, 0 at rest
    double horizon_seconds = 0;  // now - H
    bool connected = false;      // the dump connection is up
    std::string position;        // GTID set or file:offset applied
    std::uint64_t groups = 0;    // binlog groups applied since the start
    std::uint64_t definition_changes = 0;  // groups, or statements in the path, that changed tables' definitions
    std::uint64_t path_writes = 0;         // in-path: writes through the MySQL port that ended
    std::string not_resumed;               // why what a process before had saved is not used; empty: it is, or none was
    std::map<std::string, std::uint64_t> epochs_by_reason;  // epochs begun since the start, the first one left out
};

// Thread-safety: every function may be called from any thread; those marked hot neither block, lock nor allocate.
class Coherence {
  public:
    virtual ~Coherence() = default;

    virtual CoherenceMode mode() const noexcept = 0;  // hot
    // Hot. Rule 3 without the session's barrier: epoch, stamps and the freshness horizon.
    virtual bool servable(std::span<const invalidation::Dependency> dependencies,
                          invalidation::Floor floor) const noexcept = 0;
    // Hot. Rule 1's second half: may a result read after `floor` be stored?
    virtual bool storable(std::span<const invalidation::Dependency> dependencies,
                          invalidation::Floor floor) const noexcept = 0;
    // Hot. The floor known now, for servable entries' refills where no stamp is newer.
    virtual invalidation::Floor floor() const noexcept = 0;
    // Rule 1's first half, to be called BEFORE the SELECT is sent: where a stamp is newer than the watermark, one
    // coalesced probe is awaited. `then` runs once, on any thread, possibly before this returns; nullopt: the backend
    // could not be asked in time, do not store.
    virtual void async_floor(const invalidation::Dependencies& dependencies,
                             std::function<void(std::optional<invalidation::Floor>)> then) = 0;

    // The same for a fill that nobody waits for: held until a floor that covers the dependencies is known; nullopt where
    // that takes too long.
    virtual void async_covering_floor(const invalidation::Dependencies& dependencies,
                                      std::function<void(std::optional<invalidation::Floor>)> then) {
        async_floor(dependencies, std::move(then));
    }

    // Resolves tables against the schema and registers signatures. May answer "schema_loading" once and load in the
    // background. parameters: those of the statement, in order; empty for text.
    virtual DependencyResult dependencies(const invalidation::sql::Statement& statement,
                                          std::string_view default_schema,
                                          std::span<const ParameterValue> parameters) = 0;

    // Has the group with this GTID been applied? Lets a session read its own writes.
    virtual bool applied_contains(const Gtid& gtid) const = 0;
    // Runs `then` once applied_contains(gtid), or with false after `limit`. For write_ack = "applied".
    virtual void async_applied(const Gtid& gtid, std::chrono::milliseconds limit, std::function<void(bool)> then) = 0;

    // Writes seen in the path. In mode in-path they are what invalidates; in coherent mode they do nothing. Pair each
    // begin with one end, also when the connection is lost (the write may have happened).
    virtual void write_begin(const invalidation::sql::Statement& statement, std::string_view default_schema) = 0;
    virtual void write_end(const invalidation::sql::Statement& statement, std::string_view default_schema) = 0;

    // A write that the server was told not to log (sql_log_bin = 0) has ended: after write_end(). Stamps all that it may
    // have changed, a moment later.
    virtual void unlogged_write(const invalidation::sql::Statement& /*statement*/) {}

    // Drops everything that was filled: SABIL PURGE ALL and friends. Returns nothing; entries become unservable.
    virtual void purge_table(std::string_view schema, std::string_view table) = 0;
    virtual void purge_all() = 0;

    // Dialect and identity of the backend; the defaults before the first connection.
    virtual invalidation::sql::Dialect dialect() const noexcept = 0;
    // The server that the dump connection and the probes reach, as identity_query() (one row, one column) answers
    // there; empty before the first connection. A connection that answers otherwise must neither fill nor be answered
    // from memory.
    virtual std::string identity() const = 0;
    virtual std::string identity_query() const = 0;
    // Hot. Has a probe been sent after `connected` and come back? A connection younger than the newest probe may have
    // met a server that was restarted meanwhile: it fills nothing until this holds (async_floor() asks with the same
    // probe). False asks for such a probe: it holds a moment later.
    virtual bool confirmed_since(SteadyTime connected) const noexcept = 0;
    // Hot. Is everything that was committed by `moment` within A? For monotonic reads: a session that was answered by
    // the server at that moment must not be answered from an older state.
    virtual bool fresh_since(SteadyTime /*moment*/) const noexcept { return false; }
    // Hot. Has a session that began to log in when floor() was `login` the rights that its account has now? Changes of
    // accounts begin an epoch: ask once in each.
    virtual bool rights_kept_since(invalidation::Floor /*login*/) const noexcept { return true; }
    virtual CoherenceStatus status() const = 0;
    // Calls back, on any thread, after each group: A is at least n.
    virtual void on_applied(std::function<void(invalidation::Sequence)> callback) = 0;

    // Runs `then` once, soon after a group that touched one of the dependencies past the floor was applied or an epoch
    // began: client tracking of lookup keys, refresh. On any thread, possibly before this returns; must not block.
    // False where too many are watched already, or nothing can be: `then` is dropped.
    virtual bool watch(std::span<const invalidation::Dependency> /*dependencies*/, invalidation::Floor /*floor*/,
                       std::function<void()> /*then*/) {
        return false;
    }

    // For a warm restart; see there. Waits for the engine's thread, at most save_limit. Empty where it cannot be shown
    // that what is saved now holds later (a weaker mode, no history).
    virtual SavePoint save_point() const { return {}; }
    static constexpr std::chrono::milliseconds save_limit{500};
    // Has the engine gone on from the save point that it was started with? Settled when start() has returned; what was
    // saved is servable as soon as the changes made since are applied. False: drop it.
    virtual bool resumed() const noexcept { return false; }
};

}  // namespace sabil::proxy
