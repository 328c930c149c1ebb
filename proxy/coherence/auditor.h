// The audit: a sampled share of hits is asked of the database again and compared. A difference counts as stale only
// after a probe has shown that nothing the answer depends on had changed by the time the database answered: until then
// the row may simply have been written in between.
//
// What is sampled must be re-run faithfully: a lookup's query runs again on the pool, as it was filled; a statement of
// the MySQL port runs in its own session, whose client gets the database's answer.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "cache/base/clock.h"
#include "proxy/coherence/coherence.h"
#include "proxy/observe/registry.h"

namespace sabil::proxy {

struct AuditOptions {
    std::uint32_t one_in = 1000;        // hits per audit; 0: none
    std::uint32_t per_second_max = 20;  // >= 1
};

// A hit whose value is not what the database answered.
struct AuditDifference {
    std::string face;      // "mysql", "resp"
    std::string question;  // key or statement, with its schema and account
    invalidation::Dependencies dependencies;
    invalidation::Floor floor;
    invalidation::Sequence applied = 0;  // A at the hit
    SteadyTime answered;                 // when the database's answer was here
    std::string kept;                    // at most shown_bytes_max are logged
    std::string answer;
};

// Thread-safety: every function from any thread; sample() is hot.
class Auditor {
  public:
    static constexpr std::size_t waiting_count_max = 64;  // differences; more are dropped and not counted
    static constexpr std::size_t shown_bytes_max = 512;
    static constexpr std::chrono::milliseconds proof_limit{5000};

    // coherence must outlive it.
    Auditor(Coherence& coherence, AuditOptions options, observe::Registry& registry);
    ~Auditor();
    Auditor(const Auditor&) = delete;
    Auditor& operator=(const Auditor&) = delete;

    // Is this hit to be audited?
    bool sample() noexcept {
        if (options_.one_in == 0) return false;
        thread_local std::uint32_t hits = 0;
        return ++hits % options_.one_in == 0 && within_limit();
    }
    void agrees() noexcept { checked_.add(); }
    void differs(AuditDifference difference);

    std::uint64_t checked() const noexcept { return checked_.value(); }
    std::uint64_t stale() const noexcept { return stale_.value(); }

  private:
    bool within_limit() noexcept;
    void run();
    void judge(const AuditDifference& difference);

    Coherence& coherence_;
    AuditOptions options_;
    observe::Counter checked_;
    observe::Counter stale_;
    std::atomic<std::int64_t> second_{0};
    std::atomic<std::uint32_t> in_second_{0};

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<AuditDifference> waiting_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace sabil::proxy
