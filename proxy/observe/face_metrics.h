// The metrics both faces share, with the same names and the label `face`.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/observe/registry.h"
#include "proxy/observe/slow_statements.h"

namespace sabil::proxy::observe {

// Thread-safety: the handles from any thread; bypass() locks the registry: keep the handle where the reason is hot.
struct FaceMetrics {
    FaceMetrics() = default;  // counts into nothing, for tests
    // face: "mysql" or "resp".
    FaceMetrics(Registry& registry, std::string_view face);

    Counter hits;            // sabil_hits_total
    Counter misses;          // sabil_misses_total
    Counter fills_stored;    // sabil_fills_total by outcome
    Counter fills_rejected;  // read while what it depends on changed
    Counter fills_error;
    Counter fills_too_big;
    Histogram hit_seconds;  // sabil_request_seconds by outcome
    Histogram miss_seconds;
    Histogram bypass_seconds;
    Histogram backend_seconds;                      // sabil_backend_request_seconds
    Gauge connections;                              // sabil_connections
    Counter bypass(std::string_view reason) const;  // sabil_bypass_total
    // sabil_refreshes_total. outcome: "stored", "rejected", or why the result was not read again.
    Counter refresh(std::string_view outcome) const;
    // sabil_stale_total: answers given although newer data may exist. why: "error".
    Counter stale(std::string_view why) const;
    // A request over: its time, and its text where it was slow. Writes through: the log of slow statements.
    void miss_took(std::chrono::nanoseconds took, std::string_view text) const;
    void bypass_took(std::chrono::nanoseconds took, std::string_view text) const;
    std::shared_ptr<SlowStatements> slow;  // null: none are logged
    std::uint64_t bypassed() const;        // reads: over all reasons but "not_select"

  private:
    Registry* registry_ = nullptr;
    std::string face_;
};

}  // namespace sabil::proxy::observe
