#include "proxy/readthrough/lookup_state.h"

namespace sabil::proxy::readthrough {
namespace {

Analysis first_analysis(const Lookup& lookup) {
    Analysis out;
    out.statement = invalidation::sql::analyze(lookup.query.text, {});
    out.kinds.assign(lookup.query.bindings.size(), ParameterKind::text);
    return out;
}

}  // namespace

LookupState::LookupState(const Lookup& lookup, std::uint64_t number, observe::Registry& registry)
    : lookup_(lookup), number_(number), analysis_(std::make_shared<const Analysis>(first_analysis(lookup))) {
    observe::Labels labels{{"lookup", lookup.config.name}};
    hits_ = registry.counter("sabil_lookup_hits_total", "Reads of lookup keys answered from memory.", labels);
    misses_ = registry.counter("sabil_lookup_misses_total", "Reads of lookup keys that had to wait for MySQL.", labels);
    fills_ = registry.counter("sabil_lookup_fills_total", "Queries of lookups that MySQL answered.", labels);
    errors_ = registry.counter("sabil_lookup_errors_total", "Queries of lookups that failed.", labels);
    negative_ = registry.counter("sabil_lookup_negative_total", "Queries of lookups that found no row.", labels);
    stale_ = registry.counter("sabil_lookup_stale_total",
                              "Answers given although newer data may exist (stale_if_error, stale_while_revalidate).",
                              labels);
}

std::shared_ptr<const Analysis> LookupState::analysis() const {
    std::lock_guard lock(mutex_);
    return analysis_;
}

void LookupState::set_analysis(Analysis analysis) {
    auto fresh = std::make_shared<const Analysis>(std::move(analysis));
    std::lock_guard lock(mutex_);
    analysis_ = std::move(fresh);
}

void LookupState::count_fill(std::chrono::nanoseconds took, bool found) noexcept {
    fills_.add();
    fill_nanoseconds_ += static_cast<std::uint64_t>(took.count());
    if (!found) negative_.add();
}

LookupCounts LookupState::counts() const {
    LookupCounts out{
        hits_.value(), misses_.value(), fills_.value(), errors_.value(), negative_.value(), stale_.value(), 0};
    if (out.fills > 0) {
        auto each = static_cast<double>(fill_nanoseconds_.load()) / static_cast<double>(out.fills);
        out.saved_ms = static_cast<double>(out.hits) * each / 1e6;
    }
    return out;
}

std::string LookupState::last_error() const {
    std::lock_guard lock(mutex_);
    return last_error_;
}

void LookupState::set_last_error(std::string message) {
    std::lock_guard lock(mutex_);
    last_error_ = std::move(message);
}

}  // namespace sabil::proxy::readthrough
