// Places on the globe kept as scores of a sorted set: 52 bits, longitude and latitude interleaved, so that what is near
// lies in few ranges of scores.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "cache/types/zset.h"

namespace sabil::cache {

// Degrees.
struct GeoPoint {
    double longitude = 0;  // -180 .. 180
    double latitude = 0;   // -85.05112878 .. 85.05112878

    bool valid() const noexcept;
};

// The score of a place: a whole number below 2^52.
std::uint64_t geo_encode(const GeoPoint& point) noexcept;
// The middle of the cell that a score stands for; any double is fine, and those that are no score give some place.
GeoPoint geo_decode(double score) noexcept;
// Eleven characters of the standard geohash alphabet; the last one is always '0', as 52 bits fill ten.
std::array<char, 11> geo_hash_text(const GeoPoint& point) noexcept;
// Metres along the great circle.
double geo_distance(const GeoPoint& a, const GeoPoint& b) noexcept;

// What is searched: a circle, or a box whose sides follow the meridians and parallels. Metres.
struct GeoArea {
    GeoPoint center;
    bool is_box = false;
    double radius = 0;
    double width = 0;
    double height = 0;

    // The distance from the center where the point lies inside.
    std::optional<double> distance_inside(const GeoPoint& point) const noexcept;
    // The ranges of scores that cover the area; they may hold points outside it, and none overlaps another.
    std::vector<ScoreRange> score_ranges() const;
};

}  // namespace sabil::cache
