// Callers that wait for the engine: for a floor that covers their dependencies, or for a GTID to be applied. Each is
// answered exactly once, at the latest when its limit passes.
//
// Thread-safety: the engine's thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cache/base/clock.h"
#include "invalidation/ledger.h"
#include "invalidation/tailer/executed.h"

namespace sabil::proxy::coherence {

class FloorWaiters {
  public:
    using Then = std::function<void(std::optional<invalidation::Floor>)>;
    static constexpr std::size_t count_max = 65536;
    // Probes a fill is held for: past them it goes on with the floor there is, and its result is not stored.
    static constexpr unsigned probes_max = 2;
    // hurried: somebody waits for the fill, see probes_max. patient: held until a floor covers it or its deadline comes.
    enum class Pace : std::uint8_t { hurried, patient };
    enum class Next : std::uint8_t { none, probe_at_once, probe_soon };

    // False where it is full; `then` is untouched.
    bool add(invalidation::Dependencies dependencies, SteadyTime asked, SteadyTime deadline, Pace pace, Then& then);
    // A probe sent at `sent` has come back; what those who still wait want.
    Next probed(const invalidation::Ledger& ledger, SteadyTime sent);
    // Answers nothing-to-store to those past their deadline, or to all.
    void expire(SteadyTime now);
    void fail_all();
    bool empty() const noexcept { return waiting_.empty(); }

  private:
    struct Waiter {
        invalidation::Dependencies dependencies;
        SteadyTime asked;
        SteadyTime deadline;
        Pace pace;
        unsigned probes = 0;
        Then then;
    };
    std::vector<Waiter> waiting_;
};

class AppliedWaiters {
  public:
    using Then = std::function<void(bool)>;
    static constexpr std::size_t count_max = 65536;

    bool add(std::string gtid, SteadyTime deadline, Then& then);
    void applied(const invalidation::Executed& executed);
    void expire(SteadyTime now);
    void fail_all();
    bool empty() const noexcept { return waiting_.empty(); }

  private:
    struct Waiter {
        std::string gtid;
        SteadyTime deadline;
        Then then;
    };
    std::vector<Waiter> waiting_;
};

}  // namespace sabil::proxy::coherence
