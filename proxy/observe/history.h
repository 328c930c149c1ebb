// The last quarter of an hour, a sample a second: what the page draws when it is opened, not only from then on.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "proxy/observe/face_metrics.h"

namespace sabil::proxy::observe {

struct FaceCounts {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t bypassed = 0;
};

// Counts since the start, as they stood then.
struct Sample {
    std::uint64_t number = 0;  // from 1, without gaps; set by History
    std::int64_t unix_ms = 0;
    FaceCounts mysql;
    FaceCounts resp;
    std::uint64_t owned_bytes = 0;
    std::uint64_t filled_bytes = 0;
    double lag_seconds = 0;
    double horizon_seconds = 0;
};

// Thread-safety: every function from any thread.
class History {
  public:
    static constexpr std::size_t samples_count_max = 900;

    void add(Sample sample);
    // Those with a number above `after`, oldest first.
    std::vector<Sample> after(std::uint64_t after) const;

  private:
    mutable std::mutex mutex_;
    std::vector<Sample> ring_;
    std::uint64_t next_ = 1;
};

FaceCounts counts_of(const FaceMetrics& metrics);
// [[number, unix_ms, mysql hits, misses, bypassed, resp hits, misses, bypassed, owned bytes, filled bytes, lag,
// horizon], ...]
std::string to_json(const std::vector<Sample>& samples);

// Quantiles of the last minute, where a histogram alone tells those since the start.
// Thread-safety: every function from any thread.
class RecentLatency {
  public:
    static constexpr std::size_t marks_count_max = 12;

    explicit RecentLatency(Histogram histogram) : histogram_(histogram) {}
    // To be called every 5 seconds.
    void mark();
    Histogram::Snapshot recent() const;

  private:
    Histogram histogram_;
    mutable std::mutex mutex_;
    std::array<Histogram::Snapshot, marks_count_max> marks_;
    std::size_t marks_made_ = 0;
};

}  // namespace sabil::proxy::observe
