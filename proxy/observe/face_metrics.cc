#include "proxy/observe/face_metrics.h"

#include <algorithm>

namespace sabil::proxy::observe {
namespace {

Counter fills(Registry& registry, std::string_view face, const char* outcome) {
    return registry.counter("sabil_fills_total", "Results read from MySQL to be stored, by what became of them.",
                            {{"face", std::string(face)}, {"outcome", outcome}});
}

Histogram requests(Registry& registry, std::string_view face, const char* outcome) {
    return registry.histogram("sabil_request_seconds", "Time from a request read to its reply written.",
                              {{"face", std::string(face)}, {"outcome", outcome}});
}

}  // namespace

FaceMetrics::FaceMetrics(Registry& registry, std::string_view face) : registry_(&registry), face_(face) {
    Labels labels{{"face", face_}};
    hits = registry.counter("sabil_hits_total", "Reads answered from memory.", labels);
    misses = registry.counter("sabil_misses_total", "Cacheable reads that had to ask MySQL.", labels);
    fills_stored = fills(registry, face, "stored");
    fills_rejected = fills(registry, face, "rejected");
    fills_error = fills(registry, face, "error");
    fills_too_big = fills(registry, face, "too_big");
    (void)bypass("other");  // the family is there from the start
    hit_seconds = requests(registry, face, "hit");
    miss_seconds = requests(registry, face, "miss");
    bypass_seconds = requests(registry, face, "bypass");
    backend_seconds = registry.histogram("sabil_backend_request_seconds", "Time MySQL took to answer.", labels);
    if (face == "mysql") connections = registry.gauge("sabil_connections", "Client connections open.", labels);
}

Counter FaceMetrics::bypass(std::string_view reason) const {
    if (registry_ == nullptr) return {};
    return registry_->counter("sabil_bypass_total",
                              "Statements passed to MySQL without looking into the cache, by reason.",
                              {{"face", face_}, {"reason", std::string(reason)}});
}

Counter FaceMetrics::refresh(std::string_view outcome) const {
    if (registry_ == nullptr) return {};
    return registry_->counter("sabil_refreshes_total",
                              "Results to be read again right after a change (refresh = true), by what became of it.",
                              {{"face", face_}, {"outcome", std::string(outcome)}});
}

Counter FaceMetrics::stale(std::string_view why) const {
    if (registry_ == nullptr) return {};
    return registry_->counter("sabil_stale_total", "Answers given although newer data may exist (stale_if_error).",
                              {{"face", face_}, {"reason", std::string(why)}});
}

void FaceMetrics::miss_took(std::chrono::nanoseconds took, std::string_view text) const {
    miss_seconds.record(took);
    if (slow) slow->note(took, text, "miss");
}

void FaceMetrics::bypass_took(std::chrono::nanoseconds took, std::string_view text) const {
    bypass_seconds.record(took);
    if (slow) slow->note(took, text, "bypass");
}

std::uint64_t FaceMetrics::bypassed() const {
    if (registry_ == nullptr) return 0;
    auto writes = bypass("not_select").value();
    auto all = registry_->sum("sabil_bypass_total", {"face", face_});
    return all - std::min(all, writes);
}

}  // namespace sabil::proxy::observe
