// Coherence as the program runs it: a thread of its own that tails the binlog, probes the server and reads the schema,
// behind functions that any thread may call.
#pragma once

#include <memory>
#include <string>

#include "cache/base/result.h"
#include "proxy/coherence/coherence.h"
#include "proxy/coherence/coherence_options.h"

namespace sabil::invalidation {
class Ledger;
}

namespace sabil::proxy::coherence {

// Thread-safety: as Coherence says; start() once, before the rest; destroyed after everything that may call it.
class CoherenceEngine final : public Coherence {
  public:
    explicit CoherenceEngine(Options options);
    ~CoherenceEngine() override;

    // SavePoint::bytes of the process before, where they were not known for the options yet. Before start().
    void resume_from(std::string save_point);
    // Starts the thread and waits, at most options.start_limit, until the mode is decided and, in coherent mode, the
    // dump has begun. Errors: unavailable, timeout, denied (the server cannot be reached or refuses the account; the
    // engine keeps trying and bypasses meanwhile), unsupported (coherent is asked for and cannot be had; the message
    // names the setting or grant).
    Result<void> start();

    CoherenceMode mode() const noexcept override;
    bool servable(std::span<const invalidation::Dependency> dependencies,
                  invalidation::Floor floor) const noexcept override;
    bool storable(std::span<const invalidation::Dependency> dependencies,
                  invalidation::Floor floor) const noexcept override;
    invalidation::Floor floor() const noexcept override;
    void async_floor(const invalidation::Dependencies& dependencies,
                     std::function<void(std::optional<invalidation::Floor>)> then) override;
    void async_covering_floor(const invalidation::Dependencies& dependencies,
                              std::function<void(std::optional<invalidation::Floor>)> then) override;
    DependencyResult dependencies(const invalidation::sql::Statement& statement, std::string_view default_schema,
                                  std::span<const ParameterValue> parameters) override;
    bool applied_contains(const Gtid& gtid) const override;
    void async_applied(const Gtid& gtid, std::chrono::milliseconds limit, std::function<void(bool)> then) override;
    void write_begin(const invalidation::sql::Statement& statement, std::string_view default_schema) override;
    void write_end(const invalidation::sql::Statement& statement, std::string_view default_schema) override;
    void unlogged_write(const invalidation::sql::Statement& statement) override;
    void purge_table(std::string_view schema, std::string_view table) override;
    void purge_all() override;
    invalidation::sql::Dialect dialect() const noexcept override;
    std::string identity() const override;
    std::string identity_query() const override;
    bool confirmed_since(SteadyTime connected) const noexcept override;
    bool fresh_since(SteadyTime moment) const noexcept override;
    bool rights_kept_since(invalidation::Floor login) const noexcept override;
    CoherenceStatus status() const override;
    void on_applied(std::function<void(invalidation::Sequence)> callback) override;
    bool watch(std::span<const invalidation::Dependency> dependencies, invalidation::Floor floor,
               std::function<void()> then) override;
    SavePoint save_point() const override;
    bool resumed() const noexcept override;

    // For tests and tools: A, W and the epoch as they are.
    const invalidation::Ledger& ledger() const noexcept;

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sabil::proxy::coherence
