// What all sessions of the MySQL port share, made by MysqlFront, and what those of one worker share. For sessions only.
#pragma once

#include <atomic>
#include <memory>
#include <unordered_set>
#include <vector>

#include <asio/steady_timer.hpp>

#include "cache/store/keyspace.h"
#include "proxy/coherence/back_off.h"
#include "proxy/coherence/coherence.h"
#include "proxy/coherence/fill_slots.h"
#include "proxy/mysql_front/analysis_cache.h"
#include "proxy/mysql_front/doorkeeper.h"
#include "proxy/mysql_front/fingerprint.h"
#include "proxy/mysql_front/flights.h"
#include "proxy/mysql_front/login.h"
#include "proxy/mysql_front/options.h"
#include "proxy/mysql_front/pending_fills.h"
#include "proxy/mysql_front/reason_table.h"
#include "proxy/mysql_front/refills.h"
#include "proxy/mysql_front/result_cache.h"
#include "proxy/mysql_front/rules.h"
#include "proxy/mysql_front/shared_definitions.h"
#include "proxy/mysql_front/statement_statistics.h"
#include "proxy/mysql_front/tag_marks.h"
#include "proxy/net/load_report.h"
#include "proxy/net/worker.h"
#include "proxy/net/worker_spread.h"
#include "proxy/observe/face_metrics.h"

namespace sabil::proxy::mysql_front {

// Rules with their version, which is part of every key: new rules, new keys. Thread-safety: immutable.
struct RuleSet {
    Rules rules;
    std::uint64_t version = 0;
    std::string text;  // equal for equal rules
};

// Thread-safety: any thread, as each member says.
struct FrontParts {
    FrontParts(MysqlFrontOptions o, Coherence& c, cache::Keyspace& k, observe::FaceMetrics m, std::size_t workers)
        : options(std::move(o)), coherence(c), results(k), statistics(workers), metrics(std::move(m)), spread(workers) {}

    const MysqlFrontOptions options;
    Coherence& coherence;
    ResultCache results;
    Fingerprints fingerprints;
    Flights flights;
    std::shared_ptr<FillSlots> fill_slots = FillSlots::create({});
    BackOff back_off;
    StatementStatistics statistics;
    TagMarks tags;
    SharedDefinitions definitions;
    observe::FaceMetrics metrics;
    net::WorkerSpread spread;
    LoginSettings login;
    Refills* refills = nullptr;  // set before the first session
    std::atomic<std::shared_ptr<const RuleSet>> rules;
    std::atomic<std::uint64_t> rules_version{0};
    std::atomic<std::size_t> connections_count{0};
};

class Session;
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

// Thread-safety: the worker's thread only.
struct FrontWorker {
    FrontWorker(FrontParts& p, net::Worker& w, const std::vector<std::unique_ptr<FrontWorker>>& a)
        : parts(p),
          all(a),
          worker(w),
          analyses(p.statistics),
          pending([this](bool stored) { (stored ? parts.metrics.fills_stored : parts.metrics.fills_rejected).add(); }),
          sweep_timer(w.context().get_executor()),
          settle_timer(w.context().get_executor()),
          load_report(w, p.spread, [this] { even_out(); }) {}

    FrontParts& parts;
    const std::vector<std::unique_ptr<FrontWorker>>& all;  // by index
    net::Worker& worker;
    AnalysisCache analyses;
    Doorkeeper doorkeeper;
    ReasonTable reasons;
    observe::Counter bypass_counters[ReasonTable::reasons_count_max];
    bool bypass_counter_made[ReasonTable::reasons_count_max] = {};
    std::unordered_set<Session*> sessions;
    PendingFills pending;
    Timer sweep_timer;
    Timer settle_timer;
    net::LoadReport load_report;
    bool stopped = false;

    std::size_t index() const noexcept { return worker.index(); }
    void count_bypass(StatementId statement, std::string_view reason);
    // Keeps it until the connection it came over is confirmed.
    void add_pending(PendingFill fill);
    void settle_pending();
    // Moves sessions to where they should be.
    void even_out();
    static constexpr std::chrono::milliseconds settle_interval{1};
    static constexpr std::size_t moves_per_report_max = 256;
};

}  // namespace sabil::proxy::mysql_front
