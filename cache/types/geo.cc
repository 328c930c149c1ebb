// A search looks at the cell around the center and its eight neighbours, at the finest division of the globe in which
// one cell is still as large as half the area in both directions: then the nine of them cover it.
#include "cache/types/geo.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sabil::cache {
namespace {

constexpr double earth_radius_m = 6372797.560856;
constexpr double latitude_limit = 85.05112878;
constexpr double longitude_limit = 180;
constexpr unsigned finest_step = 26;  // bits per coordinate
// Roundings must not leave a point at the edge of the area outside the cells.
constexpr double margin = 1.0001;

double radians(double degrees) noexcept {
    return degrees * (std::numbers::pi / 180);
}
double degrees(double radians_value) noexcept {
    return radians_value * (180 / std::numbers::pi);
}

// Spreads the lower 32 bits to the even positions.
std::uint64_t spread(std::uint64_t v) noexcept {
    v = (v | v << 16) & 0x0000ffff0000ffffULL;
    v = (v | v << 8) & 0x00ff00ff00ff00ffULL;
    v = (v | v << 4) & 0x0f0f0f0f0f0f0f0fULL;
    v = (v | v << 2) & 0x3333333333333333ULL;
    return (v | v << 1) & 0x5555555555555555ULL;
}

std::uint64_t gather(std::uint64_t v) noexcept {
    v &= 0x5555555555555555ULL;
    v = (v | v >> 1) & 0x3333333333333333ULL;
    v = (v | v >> 2) & 0x0f0f0f0f0f0f0f0fULL;
    v = (v | v >> 4) & 0x00ff00ff00ff00ffULL;
    v = (v | v >> 8) & 0x0000ffff0000ffffULL;
    return (v | v >> 16) & 0x00000000ffffffffULL;
}

std::uint64_t interleave(std::uint64_t latitude_cell, std::uint64_t longitude_cell) noexcept {
    return spread(latitude_cell) | spread(longitude_cell) << 1;
}

// Which of 2^step equal parts of [-limit, limit] the value lies in.
std::uint64_t cell_of(double value, double limit, unsigned step) noexcept {
    const double cells = static_cast<double>(std::uint64_t{1} << step);
    const double cell = (value + limit) / (2 * limit) * cells;
    return static_cast<std::uint64_t>(std::clamp(cell, 0.0, cells - 1));
}

double middle_of(std::uint64_t cell, double limit) noexcept {
    const double cells = static_cast<double>(std::uint64_t{1} << finest_step);
    const double low = -limit + static_cast<double>(cell) / cells * (2 * limit);
    const double high = -limit + static_cast<double>(cell + 1) / cells * (2 * limit);
    return std::clamp((low + high) / 2, -limit, limit);
}

// How far the area reaches from its center, in degrees; 360 where it reaches around the globe.
struct Reach {
    double longitude = 0;
    double latitude = 0;
};

// Degrees of longitude between two points on one parallel that are `metres` apart.
double longitude_span(double metres, double latitude) noexcept {
    const double half = metres / (2 * earth_radius_m);
    if (half >= std::numbers::pi / 2) return 360;
    const double sine = std::sin(half) / std::max(std::cos(radians(latitude)), 1e-12);
    return sine >= 1 ? 360 : 2 * degrees(std::asin(sine));
}

Reach reach_of(const GeoArea& area) noexcept {
    const double vertical = area.is_box ? area.height / 2 : area.radius;
    Reach reach{360, degrees(vertical / earth_radius_m) * margin};
    const double furthest = std::abs(area.center.latitude) + reach.latitude;
    if (furthest >= 90) return reach;
    if (area.is_box) {
        reach.longitude = longitude_span(area.width / 2, furthest) * margin;
    } else {
        const double sine = std::sin(area.radius / earth_radius_m) / std::cos(radians(area.center.latitude));
        if (sine < 1) reach.longitude = degrees(std::asin(sine)) * margin;
    }
    return reach;
}

unsigned step_for(const Reach& reach) noexcept {
    // At 1 the neighbours are the whole globe.
    unsigned step = finest_step;
    while (step > 1) {
        const double cells = static_cast<double>(std::uint64_t{1} << step);
        if (2 * longitude_limit / cells >= reach.longitude && 2 * latitude_limit / cells >= reach.latitude) break;
        --step;
    }
    return step;
}

}  // namespace

bool GeoPoint::valid() const noexcept {
    return longitude >= -longitude_limit && longitude <= longitude_limit && latitude >= -latitude_limit &&
           latitude <= latitude_limit;
}

std::uint64_t geo_encode(const GeoPoint& point) noexcept {
    return interleave(cell_of(point.latitude, latitude_limit, finest_step),
                      cell_of(point.longitude, longitude_limit, finest_step));
}

GeoPoint geo_decode(double score) noexcept {
    constexpr double most = static_cast<double>(std::uint64_t{1} << 52) - 1;
    const auto bits = static_cast<std::uint64_t>(score >= 0 ? std::min(score, most) : 0);
    return {middle_of(gather(bits >> 1), longitude_limit), middle_of(gather(bits), latitude_limit)};
}

std::array<char, 11> geo_hash_text(const GeoPoint& point) noexcept {
    // The standard form cuts latitudes at the poles.
    constexpr char alphabet[] = "0123456789bcdefghjkmnpqrstuvwxyz";
    const std::uint64_t bits =
        interleave(cell_of(point.latitude, 90, finest_step), cell_of(point.longitude, longitude_limit, finest_step));
    std::array<char, 11> text;
    for (unsigned i = 0; i < 10; ++i) text[i] = alphabet[bits >> (47 - 5 * i) & 31];
    text[10] = '0';
    return text;
}

double geo_distance(const GeoPoint& a, const GeoPoint& b) noexcept {
    const double latitude_a = radians(a.latitude);
    const double latitude_b = radians(b.latitude);
    const double v = std::sin((radians(b.longitude) - radians(a.longitude)) / 2);
    if (v == 0) return earth_radius_m * std::abs(latitude_b - latitude_a);
    const double u = std::sin((latitude_b - latitude_a) / 2);
    return 2 * earth_radius_m * std::asin(std::sqrt(u * u + std::cos(latitude_a) * std::cos(latitude_b) * v * v));
}

std::optional<double> GeoArea::distance_inside(const GeoPoint& point) const noexcept {
    if (is_box) {
        const double vertical = earth_radius_m * std::abs(radians(point.latitude) - radians(center.latitude));
        if (vertical > height / 2) return std::nullopt;
        if (geo_distance(point, {center.longitude, point.latitude}) > width / 2) return std::nullopt;
        return geo_distance(center, point);
    }
    const double distance = geo_distance(center, point);
    return distance > radius ? std::nullopt : std::optional(distance);
}

std::vector<ScoreRange> GeoArea::score_ranges() const {
    const unsigned step = step_for(reach_of(*this));
    const std::int64_t cells = std::int64_t{1} << step;
    const auto row = static_cast<std::int64_t>(cell_of(center.latitude, latitude_limit, step));
    const auto column = static_cast<std::int64_t>(cell_of(center.longitude, longitude_limit, step));
    std::vector<std::uint64_t> found;
    // The center first, so that a search that takes any results takes near ones.
    constexpr std::array<std::array<int, 2>, 9> around{
        {{0, 0}, {1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1}, {1, -1}, {-1, 1}, {-1, -1}}};
    for (const auto& [down, right] : around) {
        if (row + down < 0 || row + down >= cells) continue;
        const auto wrapped = static_cast<std::uint64_t>((column + right + cells) % cells);
        const std::uint64_t cell = interleave(static_cast<std::uint64_t>(row + down), wrapped);
        if (std::find(found.begin(), found.end(), cell) == found.end()) found.push_back(cell);
    }
    std::vector<ScoreRange> ranges;
    const unsigned shift = 2 * (finest_step - step);
    for (const auto cell : found) {
        ranges.push_back({static_cast<double>(cell << shift), static_cast<double>((cell + 1) << shift), false, true});
    }
    return ranges;
}

}  // namespace sabil::cache
