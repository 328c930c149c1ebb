#include "proxy/app/status.h"

#include <algorithm>

#include "proxy/app/admin_json.h"

namespace sabil::proxy::app {
namespace {

using cache::EntryClass;
using resp::AdminRecord;

std::int64_t whole(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

double rate(std::uint64_t part, std::uint64_t all) {
    return all == 0 ? 0 : static_cast<double>(part) / static_cast<double>(all);
}

// The count of all is the threads' counts within their slack, that of one class is exact.
std::uint64_t total_bytes(const cache::Keyspace& keyspace) {
    return std::max(keyspace.memory_bytes(), keyspace.memory_bytes(EntryClass::filled));
}

AdminRecord latency_record(const observe::Histogram& histogram) {
    auto snapshot = histogram.snapshot();
    return {{"count", whole(snapshot.count)},
            {"p50", snapshot.quantile_seconds(0.5)},
            {"p95", snapshot.quantile_seconds(0.95)},
            {"p99", snapshot.quantile_seconds(0.99)}};
}

std::string face_json(const observe::FaceMetrics& face, std::uint64_t connections) {
    auto hits = face.hits.value();
    auto misses = face.misses.value();
    auto bypassed = face.bypassed();
    auto out = to_json(AdminRecord{{"hits", whole(hits)},
                                   {"misses", whole(misses)},
                                   {"bypass", whole(bypassed)},
                                   {"hit_rate", rate(hits, hits + misses + bypassed)},
                                   {"connections", whole(connections)}});
    out.pop_back();
    out += ",\"latency\":{\"hit\":" + to_json(latency_record(face.hit_seconds)) +
           ",\"miss\":" + to_json(latency_record(face.miss_seconds)) +
           ",\"bypass\":" + to_json(latency_record(face.bypass_seconds)) + "}}";
    return out;
}

bool better_or_equal(CoherenceMode mode, CoherenceWish wish) {
    switch (wish) {
        case CoherenceWish::automatic:
            return true;
        case CoherenceWish::coherent:
            return mode == CoherenceMode::coherent;
        case CoherenceWish::in_path:
            return mode <= CoherenceMode::in_path;
        case CoherenceWish::ttl:
            return mode <= CoherenceMode::ttl;
    }
    return true;
}

}  // namespace

CoherenceStatus Status::coherence() const {
    return parts_.coherence == nullptr ? CoherenceStatus{} : parts_.coherence->status();
}

AdminRecord Status::record() const {
    auto status = coherence();
    auto& mysql = parts_.mysql;
    auto& resp = parts_.resp;
    auto hit_rate = [](const observe::FaceMetrics& face) {
        auto hits = face.hits.value();
        return rate(hits, hits + face.misses.value() + face.bypassed());
    };
    return {
        {"mode", std::string(coherence_mode_name(status.mode))},
        {"why", status.why},
        {"epoch", whole(status.epoch)},
        {"epoch_reason", status.epoch_reason},
        {"applied", whole(status.applied)},
        {"watermark", whole(status.watermark)},
        {"position", status.position},
        {"lag", status.lag_seconds},
        {"horizon", status.horizon_seconds},
        {"connected", status.connected},
        {"entries", whole(parts_.keyspace.entries(EntryClass::filled) + parts_.keyspace.entries(EntryClass::owned))},
        {"entries_filled", whole(parts_.keyspace.entries(EntryClass::filled))},
        {"entries_owned", whole(parts_.keyspace.entries(EntryClass::owned))},
        {"memory_bytes", whole(total_bytes(parts_.keyspace))},
        {"mysql_hits", whole(mysql.hits.value())},
        {"mysql_misses", whole(mysql.misses.value())},
        {"mysql_bypass", whole(mysql.bypassed())},
        {"mysql_hit_rate", hit_rate(mysql)},
        {"resp_hits", whole(resp.hits.value())},
        {"resp_misses", whole(resp.misses.value())},
        {"resp_hit_rate", hit_rate(resp)}};
}

observe::Readiness Status::readiness() const {
    if (parts_.coherence == nullptr) return {true, "no database is configured"};
    auto trouble = parts_.backend_trouble ? parts_.backend_trouble() : std::string{};
    auto status = coherence();
    std::string mode(coherence_mode_name(status.mode));
    if (!trouble.empty()) return {false, "MySQL at " + parts_.backend + " cannot be reached: " + trouble};
    if (!better_or_equal(status.mode, parts_.wish)) {
        return {false,
                "coherence is '" + mode + "', weaker than configured" + (status.why.empty() ? "" : ": " + status.why)};
    }
    if (status.mode == CoherenceMode::coherent && !status.connected) {
        return {false, "the binlog of " + parts_.backend + " is not being read: " + status.why};
    }
    return {true, "MySQL is reachable, coherence is '" + mode + "'"};
}

std::string Status::json() const {
    auto status = coherence();
    auto ready = readiness();
    const auto& keyspace = parts_.keyspace;
    auto uptime = std::chrono::duration<double>(system_clock().steady() - started_).count();
    auto out = to_json(AdminRecord{{"version", std::string(SABIL_VERSION)},
                                   {"uptime_seconds", uptime},
                                   {"backend", parts_.backend},
                                   {"ready", ready.ready},
                                   {"ready_why", ready.why},
                                   {"mode", std::string(coherence_mode_name(status.mode))},
                                   {"why", status.why},
                                   {"epoch", whole(status.epoch)},
                                   {"epoch_reason", status.epoch_reason},
                                   {"applied", whole(status.applied)},
                                   {"watermark", whole(status.watermark)},
                                   {"position", status.position},
                                   {"lag_seconds", status.lag_seconds},
                                   {"horizon_seconds", status.horizon_seconds},
                                   {"connected", status.connected}});
    out.pop_back();
    out += ",\"entries\":" + to_json(AdminRecord{{"owned", whole(keyspace.entries(EntryClass::owned))},
                                                 {"filled", whole(keyspace.entries(EntryClass::filled))}});
    out += ",\"memory\":" + to_json(AdminRecord{{"owned", whole(keyspace.memory_bytes(EntryClass::owned))},
                                                {"filled", whole(keyspace.memory_bytes(EntryClass::filled))},
                                                {"total", whole(total_bytes(keyspace))},
                                                {"max", whole(keyspace.tunables().maxmemory_bytes)}});
    auto mysql_connections = static_cast<std::uint64_t>(std::max<std::int64_t>(0, parts_.mysql.connections.value()));
    out += ",\"faces\":{\"mysql\":" + face_json(parts_.mysql, mysql_connections) +
           ",\"resp\":" + face_json(parts_.resp, parts_.resp_connections ? parts_.resp_connections() : 0) + "}}";
    return out;
}

}  // namespace sabil::proxy::app
