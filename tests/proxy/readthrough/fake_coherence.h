// A coherence whose every answer the test gives.
#pragma once

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

#include "proxy/coherence/coherence.h"

namespace sabil::proxy::readthrough {

// Thread-safety: set from the test's thread before or between fills.
class FakeCoherenceBase : public Coherence {
  public:
    std::atomic<CoherenceMode> mode_now{CoherenceMode::coherent};
    std::atomic<std::uint64_t> stamp{0};  // of the one dependency there is
    std::atomic<std::uint64_t> watermark{0};
    std::atomic<std::uint64_t> epoch{1};
    std::atomic<bool> fresh{true};      // the horizon is within max_staleness
    std::atomic<bool> reachable{true};  // async_floor can answer
    std::string reason;                 // of dependencies(): not empty, not cacheable
    std::atomic<int> floors_asked{0};
    std::atomic<int> covering_floors_asked{0};
    bool hold_floors = false;  // covering ones, until release_floors()
    std::vector<std::function<void()>> watching;
    std::vector<std::function<void(std::optional<invalidation::Floor>)>> held_floors;

    CoherenceMode mode() const noexcept override { return mode_now; }
    bool servable(std::span<const invalidation::Dependency>, invalidation::Floor floor) const noexcept override {
        return fresh && storable({}, floor);
    }
    bool storable(std::span<const invalidation::Dependency>, invalidation::Floor floor) const noexcept override {
        return floor.epoch == epoch && stamp <= floor.n;
    }
    invalidation::Floor floor() const noexcept override { return {watermark, epoch}; }
    void async_floor(const invalidation::Dependencies&,
                     std::function<void(std::optional<invalidation::Floor>)> then) override {
        ++floors_asked;
        then(reachable ? std::optional(floor()) : std::nullopt);
    }
    DependencyResult dependencies(const invalidation::sql::Statement&, std::string_view,
                                  std::span<const ParameterValue>) override {
        if (!reason.empty()) return {std::nullopt, reason};
        return {invalidation::Dependencies{{1, 0}}, {}};
    }
    bool applied_contains(const Gtid&) const override { return true; }
    void async_applied(const Gtid&, std::chrono::milliseconds, std::function<void(bool)> then) override { then(true); }
    void write_begin(const invalidation::sql::Statement&, std::string_view) override {}
    void write_end(const invalidation::sql::Statement&, std::string_view) override {}
    void purge_table(std::string_view, std::string_view) override { ++epoch; }
    void purge_all() override { ++epoch; }
    invalidation::sql::Dialect dialect() const noexcept override { return invalidation::sql::Dialect::mariadb; }
    std::string identity() const override { return "fake"; }
    std::string identity_query() const override { return "SELECT 'fake'"; }
    bool confirmed_since(SteadyTime) const noexcept override { return true; }
    CoherenceStatus status() const override { return {}; }
    void on_applied(std::function<void(invalidation::Sequence)>) override {}
    void async_covering_floor(const invalidation::Dependencies&,
                              std::function<void(std::optional<invalidation::Floor>)> then) override {
        ++covering_floors_asked;
        if (!hold_floors) return then(floor());
        held_floors.push_back(std::move(then));
    }
    bool watch(std::span<const invalidation::Dependency>, invalidation::Floor, std::function<void()> then) override {
        watching.push_back(std::move(then));
        return true;
    }
    void run_watches() {
        for (auto& then : std::exchange(watching, {})) then();
    }
    void release_floors() {
        for (auto& then : std::exchange(held_floors, {})) then(floor());
    }

    // A change is committed, seen by readers and applied.
    void change() {
        auto n = ++watermark;
        stamp = n;
    }
};

class FakeCoherence final : public FakeCoherenceBase {};

}  // namespace sabil::proxy::readthrough
