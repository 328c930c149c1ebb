// What a lookup gathers while it runs: what its statement is, its parameters' types, its counts.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "invalidation/sql/statement.h"
#include "proxy/observe/registry.h"
#include "proxy/readthrough/lookup_provenance.h"
#include "proxy/readthrough/lookup_set.h"
#include "proxy/readthrough/parameters.h"

namespace sabil::proxy::readthrough {

// What the server's dialect, mode and schema make of the statement.
struct Analysis {
    invalidation::sql::Statement statement;
    std::vector<ParameterKind> kinds;       // one per binding
    std::vector<std::string> json_columns;  // of the tables read, where the server gives JSON as text (MariaDB)
    std::uint64_t epoch = 0;                // in which the columns' types were read; 0: they were not
};

struct LookupCounts {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t fills = 0;
    std::uint64_t errors = 0;
    std::uint64_t negative = 0;  // fills that found no row
    std::uint64_t stale = 0;     // stale answers
    double saved_ms = 0;         // hits times what a fill took on average
};

// Thread-safety: every function from any thread; count_hit() is hot.
class LookupState {
  public:
    // number: never given twice in a process.
    LookupState(const Lookup& lookup, std::uint64_t number, observe::Registry& registry);

    const Lookup& lookup() const noexcept { return lookup_; }
    const LookupConfig& config() const noexcept { return lookup_.config; }
    std::uint64_t number() const noexcept { return number_; }

    std::shared_ptr<const Analysis> analysis() const;
    void set_analysis(Analysis analysis);

    void count_hit() noexcept { hits_.add(); }
    void count_miss() noexcept { misses_.add(); }
    void count_fill(std::chrono::nanoseconds took, bool found) noexcept;
    void count_error() noexcept { errors_.add(); }
    void count_stale() noexcept { stale_.add(); }
    LookupCounts counts() const;
    std::string last_error() const;
    void set_last_error(std::string message);

    // Gone from the configuration, or replaced: nothing is filled for it any more but what somebody waits for.
    void retire() noexcept { retired_ = true; }
    bool retired() const noexcept { return retired_; }

    // Some entry's early refresh was drawn, and nobody has seen to it yet.
    const EarlyWanted& early_wanted() const noexcept { return early_wanted_; }

    // At most one at a time may look up the columns' types; true where the caller is it.
    bool begin_inspection() noexcept { return !inspecting_.exchange(true); }
    void end_inspection() noexcept { inspecting_ = false; }

  private:
    Lookup lookup_;
    std::uint64_t number_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Analysis> analysis_;
    std::string last_error_;
    EarlyWanted early_wanted_ = std::make_shared<std::atomic<bool>>(false);
    std::atomic<bool> inspecting_{false};
    std::atomic<bool> retired_{false};
    observe::Counter hits_, misses_, fills_, errors_, negative_, stale_;
    std::atomic<std::uint64_t> fill_nanoseconds_{0};
};

}  // namespace sabil::proxy::readthrough
