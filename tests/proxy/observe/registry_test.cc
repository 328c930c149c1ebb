#include "proxy/observe/registry.h"

#include <gtest/gtest.h>

#include <thread>

#include "proxy/observe/face_metrics.h"

namespace sabil::proxy::observe {
namespace {

using namespace std::chrono_literals;

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST(Registry, CountsOfThreadsThatEndedAreKept) {
    Registry registry;
    auto counter = registry.counter("sabil_test_total", "A test.");
    for (int round = 0; round < 3; ++round) {
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i) {
            threads.emplace_back([&] {
                for (int k = 0; k < 1000; ++k) counter.add();
            });
        }
        for (auto& thread : threads) thread.join();
    }
    EXPECT_EQ(counter.value(), 12000U);
}

TEST(Registry, TheSameLabelsGiveTheSameSeries) {
    Registry registry;
    registry.counter("sabil_test_total", "A test.", {{"face", "resp"}}).add(2);
    registry.counter("sabil_test_total", "A test.", {{"face", "resp"}}).add(3);
    EXPECT_TRUE(contains(registry.prometheus(), "sabil_test_total{face=\"resp\"} 5\n"));
}

TEST(Registry, AFloodOfLabelsEndsInOther) {
    Registry registry;
    for (int i = 0; i < 2000; ++i) registry.counter("sabil_flood_total", "A flood.", {{"q", std::to_string(i)}}).add();
    auto text = registry.prometheus();
    EXPECT_TRUE(contains(text, "sabil_flood_total{q=\"511\"} 1\n"));
    EXPECT_FALSE(contains(text, "sabil_flood_total{q=\"512\"}"));
    EXPECT_TRUE(contains(text, "sabil_flood_total{q=\"other\"} 1488\n"));
}

TEST(Registry, ANameOfAnotherTypeCountsIntoNothing) {
    Registry registry;
    registry.counter("sabil_twice_total", "Once.").add();
    registry.gauge("sabil_twice_total", "Twice.").add(9);
    EXPECT_TRUE(contains(registry.prometheus(), "sabil_twice_total 1\n"));
}

TEST(Registry, GaugesGoDownAcrossThreads) {
    Registry registry;
    auto gauge = registry.gauge("sabil_open", "Open.");
    gauge.add(2);
    std::thread([&] { gauge.sub(3); }).join();
    EXPECT_EQ(gauge.value(), -1);
    EXPECT_TRUE(contains(registry.prometheus(), "sabil_open -1\n"));
}

TEST(Registry, HistogramBucketsAreCumulativeAndBoundsInclusive) {
    Registry registry;
    auto histogram = registry.histogram("sabil_request_seconds", "Time.", {{"face", "resp"}});
    histogram.record(1us);
    histogram.record(1001ns);
    histogram.record(20s);
    auto text = registry.prometheus();
    EXPECT_TRUE(contains(text, "sabil_request_seconds_bucket{face=\"resp\",le=\"1e-06\"} 1\n"));
    EXPECT_TRUE(contains(text, "sabil_request_seconds_bucket{face=\"resp\",le=\"2.5e-06\"} 2\n"));
    EXPECT_TRUE(contains(text, "sabil_request_seconds_bucket{face=\"resp\",le=\"10.0\"} 2\n"));
    EXPECT_TRUE(contains(text, "sabil_request_seconds_bucket{face=\"resp\",le=\"+Inf\"} 3\n"));
    EXPECT_TRUE(contains(text, "sabil_request_seconds_count{face=\"resp\"} 3\n"));
    EXPECT_TRUE(contains(text, "sabil_request_seconds_sum{face=\"resp\"} 20.000002001\n"));
}

TEST(Registry, QuantilesLieInTheirBucket) {
    Registry registry;
    auto histogram = registry.histogram("sabil_request_seconds", "Time.");
    EXPECT_EQ(histogram.snapshot().quantile_seconds(0.5), 0);
    for (int i = 0; i < 90; ++i) histogram.record(80us);
    for (int i = 0; i < 10; ++i) histogram.record(80ms);
    auto snapshot = histogram.snapshot();
    EXPECT_GT(snapshot.quantile_seconds(0.5), 50e-6);
    EXPECT_LE(snapshot.quantile_seconds(0.5), 100e-6);
    EXPECT_GT(snapshot.quantile_seconds(0.99), 50e-3);
    EXPECT_LE(snapshot.quantile_seconds(0.99), 100e-3);
}

TEST(Registry, CallbacksAreAskedAtEachScrapeUntilRemoved) {
    Registry registry;
    double value = 1;
    registry.callback(MetricType::gauge, "sabil_entries", "Entries.", [&](const Emit& emit) {
        emit({{"class", "filled"}}, value);
    });
    EXPECT_TRUE(contains(registry.prometheus(), "sabil_entries{class=\"filled\"} 1\n"));
    value = 2.5;
    EXPECT_TRUE(contains(registry.prometheus(), "sabil_entries{class=\"filled\"} 2.5\n"));
    registry.remove_callbacks();
    EXPECT_FALSE(contains(registry.prometheus(), "sabil_entries"));
}

TEST(Registry, OpenMetricsNamesCounterFamiliesWithoutTotalAndEnds) {
    Registry registry;
    registry.counter("sabil_hits_total", "Hits.").add();
    EXPECT_EQ(registry.open_metrics(),
              "# HELP sabil_hits Hits.\n# TYPE sabil_hits counter\nsabil_hits_total 1\n# EOF\n");
}

TEST(Registry, LabelValuesAreEscaped) {
    Registry registry;
    registry.counter("sabil_odd_total", "A \\ and\na line.", {{"q", "a\"b\\c\nd"}}).add();
    auto text = registry.prometheus();
    EXPECT_TRUE(contains(text, "# HELP sabil_odd_total A \\\\ and\\na line.\n"));
    EXPECT_TRUE(contains(text, "sabil_odd_total{q=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST(FaceMetrics, SumsBypassesOfItsFaceOverAllReasons) {
    Registry registry;
    FaceMetrics mysql(registry, "mysql");
    FaceMetrics resp(registry, "resp");
    mysql.bypass("locking_read").add(2);
    mysql.bypass("variable").add(3);
    resp.bypass("variable").add(7);
    EXPECT_EQ(mysql.bypassed(), 5U);
}

TEST(FaceMetrics, WithoutARegistryCountsIntoNothing) {
    FaceMetrics metrics;
    metrics.hits.add();
    metrics.hit_seconds.record(1ms);
    metrics.bypass("locking_read").add();
    EXPECT_EQ(metrics.hits.value(), 0U);
}

}  // namespace
}  // namespace sabil::proxy::observe
