#include "cache/types/geo.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

namespace sabil::cache {
namespace {

TEST(Geo, KnownScoreAndHash) {
    const GeoPoint palermo{13.361389, 38.115556};
    EXPECT_EQ(geo_encode(palermo), 3479099956230698U);
    const auto text = geo_hash_text(geo_decode(3479099956230698.0));
    EXPECT_EQ(std::string_view(text.data(), text.size()), "sqc8b49rny0");
    EXPECT_NEAR(geo_distance(palermo, {15.087269, 37.502669}), 166274.15, 1);
}

TEST(Geo, DecodesNearWhatWasEncoded) {
    std::mt19937 generator(1);
    std::uniform_real_distribution<double> longitude(-180, 180);
    std::uniform_real_distribution<double> latitude(-85, 85);
    for (int i = 0; i < 1000; ++i) {
        const GeoPoint point{longitude(generator), latitude(generator)};
        EXPECT_LT(geo_distance(point, geo_decode(static_cast<double>(geo_encode(point)))), 0.7);
    }
}

TEST(Geo, ScoresThatAreNoPlacesDoNoHarm) {
    for (const double score :
         {-1.0, 1e300, std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
        EXPECT_TRUE(geo_decode(score).valid());
    }
}

// Every point inside an area must lie in one of its ranges, also across the date line and near the poles.
TEST(Geo, RangesCoverTheArea) {
    std::mt19937 generator(2);
    std::uniform_real_distribution<double> longitude(-180, 180);
    std::uniform_real_distribution<double> latitude(-85, 85);
    std::uniform_real_distribution<double> exponent(1, 7.3);
    std::uniform_real_distribution<double> unit(-1, 1);
    int inside = 0;
    for (int i = 0; i < 3000; ++i) {
        GeoArea area;
        area.center = {longitude(generator), latitude(generator)};
        area.is_box = i % 2 == 0;
        area.radius = std::pow(10, exponent(generator));
        area.width = std::pow(10, exponent(generator));
        area.height = std::pow(10, exponent(generator));
        const auto ranges = area.score_ranges();
        EXPECT_LE(ranges.size(), 9U);
        for (int j = 0; j < 50; ++j) {
            const double reach = area.is_box ? std::max(area.width, area.height) : area.radius;
            GeoPoint point{area.center.longitude + unit(generator) * reach / 50000,
                           area.center.latitude + unit(generator) * reach / 100000};
            if (point.longitude > 180) point.longitude -= 360;
            if (point.longitude < -180) point.longitude += 360;
            if (!point.valid() || !area.distance_inside(point)) continue;
            ++inside;
            const auto score = static_cast<double>(geo_encode(point));
            const bool covered = std::any_of(ranges.begin(), ranges.end(), [&](const ScoreRange& range) {
                return score >= range.min && score < range.max;
            });
            ASSERT_TRUE(covered) << area.center.longitude << ' ' << area.center.latitude << ' ' << reach;
        }
    }
    EXPECT_GT(inside, 10000);
}

}  // namespace
}  // namespace sabil::cache
