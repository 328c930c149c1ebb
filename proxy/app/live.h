// What the live page shows: the figures of now, a quarter of an hour of samples, and the events; gathered once a
// second.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "cache/store/keyspace.h"
#include "proxy/app/admin.h"
#include "proxy/app/status.h"
#include "proxy/observe/event_log.h"
#include "proxy/observe/history.h"

namespace sabil::proxy::app {

// Gathers on a thread of its own from start() to stop(). Thread-safety: start() and stop() from one thread, the rest
// from any.
class Live {
  public:
    struct Parts {
        const cache::Keyspace& keyspace;
        const Coherence* coherence = nullptr;  // null without [mysql]
        const Status& status;
        Admin& admin;
        const observe::FaceMetrics& mysql;
        const observe::FaceMetrics& resp;
    };
    static constexpr std::size_t statements_shown = 100;
    static constexpr std::size_t events_shown = 50;
    static constexpr std::size_t bypassed_lines_per_minute_max = 5;

    // events outlives the log's copy of warnings, so it is shared.
    Live(Parts parts, std::shared_ptr<observe::EventLog> events);
    ~Live() { stop(); }
    Live(const Live&) = delete;
    Live& operator=(const Live&) = delete;

    void start();
    void stop();

    // Of the samples only those past this number.
    std::string json(std::uint64_t after);
    std::string events_json() const;
    observe::EventLog& events() noexcept { return *events_; }

  private:
    struct FaceLatency {
        explicit FaceLatency(const observe::FaceMetrics& face)
            : hit(face.hit_seconds), miss(face.miss_seconds), bypass(face.bypass_seconds) {}
        observe::RecentLatency hit, miss, bypass;
        void mark();
        std::string json() const;
    };
    void run();
    void sample();
    void note_coherence();
    void note_evictions();
    void note_lookup_errors();
    void log_bypassed();

    Parts parts_;
    std::shared_ptr<observe::EventLog> events_;
    observe::History history_;
    FaceLatency mysql_latency_;
    FaceLatency resp_latency_;
    // Of the gathering thread:
    unsigned ticks_ = 0;
    CoherenceStatus before_;
    std::uint64_t evicted_before_ = 0;
    std::map<std::string, std::int64_t> lookup_errors_before_;
    std::map<std::string, std::int64_t> bypassed_before_;  // by digest

    std::mutex mutex_;
    std::condition_variable stop_;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace sabil::proxy::app
