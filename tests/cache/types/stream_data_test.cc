#include "cache/types/stream_data.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "cache/base/heap.h"
#include "cache/types/stream.h"

namespace sabil::cache {
namespace {

using namespace std::chrono_literals;
using Fields = std::vector<std::pair<std::string, std::string>>;
using Model = std::map<StreamId, Fields>;

Fields fields_of(const StreamEntryView& entry) {
    Fields out;
    entry.for_each([&](ElementView field, ElementView value) { out.emplace_back(field.str(), value.str()); });
    EXPECT_EQ(out.size(), entry.fields());
    return out;
}

void append(StreamData& stream, StreamId id, const Fields& fields, const EncodingLimits& limits) {
    std::vector<std::string_view> flat;
    for (const auto& [field, value] : fields) {
        flat.push_back(field);
        flat.push_back(value);
    }
    stream.append(id, flat, limits);
}

Model read(const StreamData& stream, StreamId from, StreamId to) {
    Model out;
    stream.for_range(from, to, [&](const StreamEntryView& entry) {
        out[entry.id()] = fields_of(entry);
        return true;
    });
    return out;
}

std::vector<std::size_t> node_sizes(const StreamData& stream) {
    std::vector<std::size_t> out;
    stream.for_each_node([&](StreamId, StreamId, std::size_t entries) { out.push_back(entries); });
    return out;
}

// What an approximate trim lets go of: measured with redis-server 7.0, its stream-node-* parameters as they come.
TEST(StreamData, BreaksNodesWhereRedisDoes) {
    const EncodingLimits limits;
    StreamData same, mixed, large;
    for (std::uint64_t i = 0; i < 300; ++i) {
        const auto job = "job" + std::to_string(i);
        append(same, {1'000 + i, 0}, {{"event", "waiting"}, {"jobId", job}, {"prev", "waiting-children"}}, limits);
    }
    EXPECT_EQ(node_sizes(same), (std::vector<std::size_t>{96, 94, 94, 16}));
    for (std::uint64_t i = 0; i < 400; ++i) {
        Fields fields{{"event", "drained"}};
        if (i % 3 != 0) fields = {{"event", "added"}, {"jobId", std::to_string(i)}, {"name", std::string(i % 30, 'x')}};
        append(mixed, {1'000 + i * 40, i % 3}, fields, limits);
    }
    EXPECT_EQ(node_sizes(mixed), (std::vector<std::size_t>{94, 100, 100, 91, 15}));
    for (std::uint64_t i = 0; i < 60; ++i) append(large, {1'000 + i, 0}, {{"f", std::string(200, 'y')}}, limits);
    EXPECT_EQ(node_sizes(large), (std::vector<std::size_t>{19, 19, 19, 3}));
}

TEST(StreamData, AgreesWithAMapOverRandomChanges) {
    EncodingLimits limits;
    limits.stream_node_max_entries = 7;
    StreamData stream;
    Model model;
    std::mt19937 random(23);
    StreamId id{1'000, 0};
    for (int i = 0; i < 3'000; ++i) {
        if (random() % 4 != 0 || model.empty()) {
            id = random() % 3 == 0 ? id.next() : StreamId{id.milliseconds + 1 + random() % 1'000, random() % 100};
            Fields fields{{"temperature", std::to_string(random() % 40)}, {"place", "roof"}};
            if (random() % 5 == 0) fields.emplace_back("extra", std::string(random() % 300, 'x'));
            append(stream, id, fields, limits);
            model[id] = fields;
        } else {
            auto victim = std::next(model.begin(), static_cast<std::ptrdiff_t>(random() % model.size()));
            ASSERT_TRUE(stream.erase(victim->first));
            ASSERT_FALSE(stream.erase(victim->first));
            model.erase(victim);
        }
        ASSERT_EQ(stream.size(), model.size());
        if (!model.empty()) {
            ASSERT_EQ(*stream.first_id(), model.begin()->first);
            ASSERT_EQ(*stream.top_id(), model.rbegin()->first);
        }
    }
    EXPECT_EQ(read(stream, StreamId::min(), StreamId::max()), model);
    auto low = std::next(model.begin(), 200);
    auto high = std::next(model.begin(), 1'000);
    EXPECT_EQ(read(stream, low->first, high->first), Model(low, std::next(high)));
    std::vector<StreamId> reversed;
    stream.for_range_reverse(low->first, high->first, [&](const StreamEntryView& entry) {
        reversed.push_back(entry.id());
        return true;
    });
    ASSERT_EQ(reversed.size(), 801u);
    EXPECT_EQ(reversed.front(), high->first);
    EXPECT_EQ(reversed.back(), low->first);
    std::unique_ptr<StreamData> copy(stream.clone());
    EXPECT_EQ(read(*copy, StreamId::min(), StreamId::max()), model);
}

TEST(StreamData, TrimsExactlyOrByWholeNodes) {
    EncodingLimits limits;
    limits.stream_node_max_entries = 10;
    StreamData stream;
    for (std::uint64_t i = 1; i <= 100; ++i) append(stream, {i, 0}, {{"f", "v"}}, limits);
    EXPECT_EQ(stream.trim_to_length(85, {true, 0}), 10u);
    EXPECT_EQ(stream.size(), 90u);
    EXPECT_EQ(stream.trim_to_length(85, {false, 0}), 5u);
    EXPECT_EQ(stream.first_id(), (StreamId{16, 0}));
    EXPECT_EQ(stream.trim_before({33, 0}, {true, 0}), 15u);
    EXPECT_EQ(stream.trim_before({33, 0}, {false, 0}), 2u);
    EXPECT_EQ(stream.first_id(), (StreamId{33, 0}));
    EXPECT_EQ(stream.trim_to_length(0, {true, 20}), 18u);
    EXPECT_EQ(stream.trim_to_length(0, {false, 0}), 50u);
    EXPECT_EQ(stream.size(), 0u);
    EXPECT_EQ(stream.last_id(), (StreamId{100, 0}));
    EXPECT_EQ(stream.entries_added(), 100u);
}

TEST(StreamGroup, TracksWhoHoldsWhat) {
    StreamGroup group({0, 0}, 0);
    auto& first = group.consumer("first", WallTime(1ms));
    auto& second = group.consumer("second", WallTime(1ms));
    group.assign({1, 1}, first, WallTime(5ms), 1);
    group.assign({2, 1}, first, WallTime(5ms), 1);
    group.assign({2, 1}, second, WallTime(9ms), 2);
    EXPECT_EQ(first.pending.size(), 1u);
    EXPECT_EQ(second.pending.size(), 1u);
    EXPECT_EQ(group.find_pending({2, 1})->deliveries, 2u);
    auto copy = group.clone();
    EXPECT_TRUE(group.acknowledge({1, 1}));
    EXPECT_FALSE(group.acknowledge({1, 1}));
    EXPECT_EQ(group.erase_consumer("second"), 1u);
    EXPECT_EQ(group.erase_consumer("second"), std::nullopt);
    EXPECT_TRUE(group.pending().empty());
    EXPECT_EQ(copy.pending().size(), 2u);
    EXPECT_EQ(copy.find_pending({2, 1})->consumer, copy.find_consumer("second"));
}

TEST(Stream, GivesBackAllItsMemory) {
    const auto before = heap::used_bytes();
    {
        EncodingLimits limits;
        Stream stream;
        for (std::uint64_t i = 1; i <= 1'000; ++i) append(*stream, {i, 0}, {{"f", "v"}}, limits);
        auto& group = stream->groups().emplace("g", StreamGroup({0, 0}, 0)).first->second;
        group.assign({1, 0}, group.consumer("c", WallTime(1ms)), WallTime(1ms), 1);
        Stream copy = stream.clone();
        EXPECT_EQ(copy.size(), 1'000u);
        EXPECT_GT(copy.heap_bytes(), 4'000u);
    }
    EXPECT_EQ(heap::used_bytes(), before);
}

}  // namespace
}  // namespace sabil::cache
