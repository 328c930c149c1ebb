// Coherence as the tests want it: a ledger of one counter per table, moved by hand.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "proxy/coherence/coherence.h"

namespace sabil::proxy::mysql_front {

// Thread-safety: any thread.
class FakeCoherence : public Coherence {
  public:
    CoherenceMode mode() const noexcept override { return mode_; }
    bool servable(std::span<const invalidation::Dependency> dependencies, invalidation::Floor floor) const noexcept override {
        return storable(dependencies, floor);
    }
    bool storable(std::span<const invalidation::Dependency> dependencies, invalidation::Floor floor) const noexcept override {
        if (fixed_) return floor.epoch == epoch_;
        const std::lock_guard lock(mutex_);
        if (floor.epoch != epoch_) return false;
        for (const auto& dependency : dependencies) {
            if (stamps_.contains(dependency.slot) && stamps_.at(dependency.slot) > floor.n) return false;
        }
        return true;
    }
    invalidation::Floor floor() const noexcept override {
        if (fixed_) return {1, epoch_};
        const std::lock_guard lock(mutex_);
        return {n_, epoch_};
    }
    void async_floor(const invalidation::Dependencies&,
                     std::function<void(std::optional<invalidation::Floor>)> then) override {
        then(floor_known_ ? std::optional(floor()) : std::nullopt);
    }
    DependencyResult dependencies(const invalidation::sql::Statement& statement, std::string_view default_schema,
                                  std::span<const ParameterValue>) override {
        const std::lock_guard lock(mutex_);
        invalidation::Dependencies out;
        for (const auto& use : statement.reads) {
            const auto schema = use.name.schema.empty() ? std::string(default_schema) : use.name.schema;
            if (schema.empty()) return {std::nullopt, "unknown_table"};
            out.push_back({slot(schema + "." + use.name.table), 0});
        }
        return {out, ""};
    }
    bool applied_contains(const Gtid& gtid) const override {
        const std::lock_guard lock(mutex_);
        return all_applied_ || applied_.contains(gtid);
    }
    // Answers at once where it is so; else never, and the caller's own limit must do.
    void async_applied(const Gtid& gtid, std::chrono::milliseconds, std::function<void(bool)> then) override {
        if (applied_contains(gtid)) then(true);
    }
    void write_begin(const invalidation::sql::Statement& statement, std::string_view schema) override {
        {
            const std::lock_guard lock(mutex_);
            ++begun_;
        }
        stamp(statement, schema);
    }
    void write_end(const invalidation::sql::Statement& statement, std::string_view schema) override {
        {
            const std::lock_guard lock(mutex_);
            ++ended_;
        }
        stamp(statement, schema);
    }
    void purge_table(std::string_view schema, std::string_view table) override {
        touch(std::string(schema) + "." + std::string(table));
    }
    void purge_all() override {
        const std::lock_guard lock(mutex_);
        ++epoch_;
    }
    invalidation::sql::Dialect dialect() const noexcept override { return invalidation::sql::Dialect::mariadb; }
    std::string identity() const override { return identity_; }
    std::string identity_query() const override { return "SELECT 'this one'"; }
    bool confirmed_since(SteadyTime) const noexcept override { return confirmed_; }
    CoherenceStatus status() const override { return {}; }
    void on_applied(std::function<void(invalidation::Sequence)>) override {}

    // A change of "schema.table".
    void touch(const std::string& table) {
        const std::lock_guard lock(mutex_);
        stamps_[slot(table)] = ++n_;
    }
    void apply(const Gtid& gtid) {
        const std::lock_guard lock(mutex_);
        applied_.insert(gtid);
    }
    std::pair<int, int> writes() const {
        const std::lock_guard lock(mutex_);
        return {begun_, ended_};
    }

    CoherenceMode mode_ = CoherenceMode::coherent;
    std::string identity_ = "this one";
    bool floor_known_ = true;
    bool confirmed_ = true;
    bool all_applied_ = true;
    bool fixed_ = false;  // nothing ever changes but by purge_all(): no lock on the way

  private:
    // Writes through the port are applied at once.
    void stamp(const invalidation::sql::Statement& statement, std::string_view schema) {
        for (const auto& name : statement.writes) {
            touch((name.schema.empty() ? std::string(schema) : name.schema) + "." + name.table);
        }
        if (!statement.writes_known) purge_all();
    }
    std::uint32_t slot(const std::string& table) {
        return slots_.try_emplace(table, static_cast<std::uint32_t>(slots_.size() + 1)).first->second;
    }
    mutable std::mutex mutex_;
    std::map<std::string, std::uint32_t> slots_;
    std::map<std::uint32_t, invalidation::Sequence> stamps_;
    std::set<Gtid> applied_;
    invalidation::Sequence n_ = 1;
    std::atomic<std::uint64_t> epoch_{1};
    int begun_ = 0;
    int ended_ = 0;
};

}  // namespace sabil::proxy::mysql_front
