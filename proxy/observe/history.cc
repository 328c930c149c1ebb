#include "proxy/observe/history.h"

#include <algorithm>
#include <charconv>

namespace sabil::proxy::observe {
namespace {

template <class Number>
void append(std::string& out, Number value) {
    char text[40];
    if (out.back() != '[') out += ',';
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

void append(std::string& out, const FaceCounts& counts) {
    for (auto value : {counts.hits, counts.misses, counts.bypassed}) append(out, value);
}

}  // namespace

void History::add(Sample sample) {
    std::lock_guard lock(mutex_);
    sample.number = next_++;
    if (ring_.size() < samples_count_max) {
        ring_.push_back(sample);
    } else {
        ring_[(sample.number - 1) % samples_count_max] = sample;
    }
}

std::vector<Sample> History::after(std::uint64_t after) const {
    std::lock_guard lock(mutex_);
    std::vector<Sample> out;
    auto oldest = next_ - ring_.size();
    for (auto number = std::max(oldest, std::min(after, next_) + 1); number < next_; ++number) {
        out.push_back(ring_[(number - 1) % samples_count_max]);
    }
    return out;
}

FaceCounts counts_of(const FaceMetrics& metrics) {
    return {metrics.hits.value(), metrics.misses.value(), metrics.bypassed()};
}

std::string to_json(const std::vector<Sample>& samples) {
    std::string out = "[";
    for (const auto& sample : samples) {
        out += out.back() == '[' ? "[" : ",[";
        append(out, sample.number);
        append(out, sample.unix_ms);
        append(out, sample.mysql);
        append(out, sample.resp);
        append(out, sample.owned_bytes);
        append(out, sample.filled_bytes);
        append(out, sample.lag_seconds);
        append(out, sample.horizon_seconds);
        out += ']';
    }
    return out + "]";
}

void RecentLatency::mark() {
    auto now = histogram_.snapshot();
    std::lock_guard lock(mutex_);
    marks_[marks_made_++ % marks_count_max] = std::move(now);
}

Histogram::Snapshot RecentLatency::recent() const {
    auto now = histogram_.snapshot();
    std::lock_guard lock(mutex_);
    if (marks_made_ == 0) return now;
    const auto& then = marks_[marks_made_ < marks_count_max ? 0 : marks_made_ % marks_count_max];
    for (std::size_t i = 0; i < now.counts.size(); ++i) now.counts[i] -= then.counts[i];
    now.count -= then.count;
    now.sum_seconds -= then.sum_seconds;
    return now;
}

}  // namespace sabil::proxy::observe
