#include "proxy/app/live.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "proxy/app/admin_json.h"

namespace sabil::proxy::app {
namespace {

using namespace std::chrono_literals;
using cache::EntryClass;
using resp::AdminRecord;

std::string recent_json(const observe::RecentLatency& latency) {
    auto snapshot = latency.recent();
    return to_json(AdminRecord{{"count", static_cast<std::int64_t>(snapshot.count)},
                               {"p50", snapshot.quantile_seconds(0.5)},
                               {"p95", snapshot.quantile_seconds(0.95)},
                               {"p99", snapshot.quantile_seconds(0.99)}});
}

const resp::AdminValue* field(const AdminRecord& record, std::string_view name) {
    for (const auto& [known, value] : record) {
        if (known == name) return &value;
    }
    return nullptr;
}

}  // namespace

void Live::FaceLatency::mark() {
    hit.mark();
    miss.mark();
    bypass.mark();
}

std::string Live::FaceLatency::json() const {
    return "{\"hit\":" + recent_json(hit) + ",\"miss\":" + recent_json(miss) + ",\"bypass\":" + recent_json(bypass) +
           "}";
}

Live::Live(Parts parts, std::shared_ptr<observe::EventLog> events)
    : parts_(parts), events_(std::move(events)), mysql_latency_(parts.mysql), resp_latency_(parts.resp) {}

void Live::start() {
    if (parts_.coherence != nullptr) before_ = parts_.coherence->status();
    mysql_latency_.mark();
    resp_latency_.mark();
    sample();
    thread_ = std::thread([this] { run(); });
}

void Live::stop() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    stop_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void Live::run() {
    constexpr auto period = 1s;
    constexpr unsigned mark_every_ticks = 5;
    constexpr unsigned rare_every_ticks = 10;
    constexpr unsigned minute_ticks = 60;
    auto next = std::chrono::steady_clock::now() + period;
    while (true) {
        {
            std::unique_lock lock(mutex_);
            if (stop_.wait_until(lock, next, [this] { return stopping_; })) return;
        }
        next = std::max(next + period, std::chrono::steady_clock::now());
        sample();
        note_coherence();
        if (++ticks_ % mark_every_ticks == 0) {
            mysql_latency_.mark();
            resp_latency_.mark();
        }
        if (ticks_ % rare_every_ticks == 0) {
            note_evictions();
            note_lookup_errors();
        }
        if (ticks_ % minute_ticks == 0) log_bypassed();
    }
}

void Live::sample() {
    observe::Sample sample;
    sample.unix_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
            .count();
    sample.mysql = observe::counts_of(parts_.mysql);
    sample.resp = observe::counts_of(parts_.resp);
    sample.owned_bytes = parts_.keyspace.memory_bytes(EntryClass::owned);
    sample.filled_bytes = parts_.keyspace.memory_bytes(EntryClass::filled);
    if (parts_.coherence != nullptr) {
        auto status = parts_.coherence->status();
        sample.lag_seconds = status.lag_seconds;
        sample.horizon_seconds = status.horizon_seconds;
    }
    history_.add(sample);
}

void Live::note_coherence() {
    if (parts_.coherence == nullptr) return;
    auto now = parts_.coherence->status();
    if (now.mode != before_.mode) {
        events_->add("mode", "coherence is '" + std::string(coherence_mode_name(now.mode)) + "' now" +
                                 (now.why.empty() ? "" : ": " + now.why));
    }
    if (now.epoch != before_.epoch) {
        events_->add("epoch", "epoch " + std::to_string(now.epoch) + " (" + now.epoch_reason +
                                  "): what was filled before is asked for again");
    }
    if (now.mode == CoherenceMode::coherent && now.connected != before_.connected) {
        events_->add(now.connected ? "mode" : "error",
                     now.connected ? "the binlog is being read" : "the binlog is not being read: " + now.why);
    }
    before_ = std::move(now);
}

void Live::note_evictions() {
    auto counters = parts_.keyspace.counters();
    auto evicted = counters.evicted_filled + counters.evicted_owned;
    if (evicted > evicted_before_) {
        events_->add("eviction", std::to_string(evicted - evicted_before_) +
                                     " entries had to make room in 10 s; [cache] maxmemory would keep them");
    }
    evicted_before_ = evicted;
}

void Live::note_lookup_errors() {
    for (const auto& lookup : parts_.admin.lookups()) {
        const auto& name = std::get<std::string>(*field(lookup, "lookup"));
        auto errors = std::get<std::int64_t>(*field(lookup, "errors"));
        auto& before = lookup_errors_before_[name];
        if (errors > before) {
            events_->add("error", "lookup '" + name + "': " + std::get<std::string>(*field(lookup, "last_error")));
        }
        before = errors;
    }
}

// Once a minute, the statements that went to the database most often for a reason of their own: not writes, nor reads
// that only came at a bad moment.
void Live::log_bypassed() {
    struct Line {
        std::int64_t times;
        std::string reason;
        std::string text;
    };
    std::vector<Line> lines;
    constexpr std::size_t statements_max = 4096;  // as many as are told apart
    for (auto& one : parts_.admin.queries(statements_max, resp::QueryOrder::hits)) {
        const auto& reason = std::get<std::string>(*field(one, "reason"));
        auto times = std::get<std::int64_t>(*field(one, "not_cached"));
        auto since = times - std::exchange(bypassed_before_[std::get<std::string>(*field(one, "digest"))], times);
        constexpr std::string_view passing[] = {"", "not_select", "own_write", "schema_loading", "in_transaction"};
        if (since <= 0 || std::find(std::begin(passing), std::end(passing), reason) != std::end(passing)) continue;
        lines.push_back({since, reason, std::get<std::string>(*field(one, "query"))});
    }
    std::sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) { return a.times > b.times; });
    for (std::size_t i = 0; i < std::min(lines.size(), bypassed_lines_per_minute_max); ++i) {
        spdlog::info("not cached, {} times in the last minute: {}: {:.300}", lines[i].times, lines[i].reason,
                     lines[i].text);
    }
}

std::string Live::events_json() const {
    std::vector<AdminRecord> out;
    for (const auto& event : events_->newest(events_shown)) {
        out.push_back({{"number", static_cast<std::int64_t>(event.number)},
                       {"unix_ms", event.unix_ms},
                       {"times", static_cast<std::int64_t>(event.times)},
                       {"kind", event.kind},
                       {"text", event.text}});
    }
    return to_json(out);
}

std::string Live::json(std::uint64_t after) {
    auto counters = parts_.keyspace.counters();
    auto store = to_json(AdminRecord{{"evicted_filled", static_cast<std::int64_t>(counters.evicted_filled)},
                                     {"evicted_owned", static_cast<std::int64_t>(counters.evicted_owned)},
                                     {"expired", static_cast<std::int64_t>(counters.expired)}});
    return "{\"status\":" + parts_.status.json() + ",\"recent\":{\"mysql\":" + mysql_latency_.json() +
           ",\"resp\":" + resp_latency_.json() + "},\"store\":" + store +
           ",\"history\":" + observe::to_json(history_.after(after)) +
           ",\"queries\":" + to_json(parts_.admin.queries(statements_shown, resp::QueryOrder::hits)) +
           ",\"lookups\":" + to_json(parts_.admin.lookups()) + ",\"events\":" + events_json() + "}";
}

}  // namespace sabil::proxy::app
