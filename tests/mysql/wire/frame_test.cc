#include "mysql/wire/frame.h"

#include <gtest/gtest.h>

#include "tests/mysql/wire/packet_bytes.h"

namespace sabil::mysql {
namespace {

using testing::bytes;

TEST(Frame, a_short_packet_is_one_frame) {
    std::string out;
    std::uint8_t sequence = 255;
    append_packet(out, sequence, "abc");
    EXPECT_EQ(out, bytes({3, 0, 0, 255, 'a', 'b', 'c'}));
    EXPECT_EQ(sequence, 0);
}

TEST(Frame, a_packet_of_the_maximum_is_closed_by_an_empty_frame) {
    const std::string payload(frame_payload_bytes_max, 'x');
    std::string out;
    std::uint8_t sequence = 7;
    append_packet(out, sequence, payload);
    EXPECT_EQ(out.size(), payload.size() + 8);
    EXPECT_EQ(out.substr(0, 4), bytes({0xff, 0xff, 0xff, 7}));
    EXPECT_EQ(out.substr(out.size() - 4), bytes({0, 0, 0, 8}));
    EXPECT_EQ(sequence, 9);
}

// Cuts a stream into pieces, feeds them, and joins what comes out.
struct Joined {
    std::string payload;
    int packets = 0;
};
Joined split(std::string_view stream, std::size_t step) {
    FrameSplitter splitter;
    Joined joined;
    for (std::size_t at = 0; at < stream.size(); at += step) {
        auto in = stream.substr(at, step);
        while (auto piece = splitter.next(in)) {
            joined.payload.append(piece->bytes);
            joined.packets += piece->ends_packet ? 1 : 0;
        }
    }
    EXPECT_TRUE(splitter.at_packet_boundary());
    return joined;
}

TEST(FrameSplitter, joins_the_same_packets_however_the_stream_is_cut) {
    const auto stream = testing::frames({"first", "", "third packet"});
    for (std::size_t step = 1; step <= stream.size(); ++step) {
        const auto joined = split(stream, step);
        EXPECT_EQ(joined.payload, "firstthird packet");
        EXPECT_EQ(joined.packets, 3);
    }
}

TEST(FrameSplitter, marks_first_and_last_pieces_across_frames) {
    const std::string payload(frame_payload_bytes_max + 3, 'y');
    const auto stream = testing::frames({payload, "z"});
    for (std::size_t step : {std::size_t{65536}, std::size_t{1} << 20, stream.size()}) {
        const auto joined = split(stream, step);
        EXPECT_EQ(joined.payload.size(), payload.size() + 1);
        EXPECT_EQ(joined.packets, 2);
    }
}

TEST(FrameSplitter, gives_the_announced_length_with_the_first_byte) {
    FrameSplitter splitter;
    const auto stream = testing::frames({"0123456789"});
    auto in = std::string_view(stream).substr(0, 5);
    const auto piece = splitter.next(in);
    ASSERT_TRUE(piece);
    EXPECT_TRUE(piece->begins_packet);
    EXPECT_FALSE(piece->ends_packet);
    EXPECT_EQ(piece->frame_length, 10U);
    EXPECT_EQ(piece->bytes, "0");
    EXPECT_FALSE(splitter.next(in));
}

TEST(PacketAssembler, joins_split_packets_and_views_whole_ones) {
    const auto stream = testing::frames({"alpha", "beta", ""}, 4);
    for (std::size_t step = 1; step <= stream.size(); ++step) {
        PacketAssembler assembler(100);
        std::vector<std::pair<std::string, int>> got;
        for (std::size_t at = 0; at < stream.size(); at += step) {
            auto in = std::string_view(stream).substr(at, step);
            for (;;) {
                auto packet = assembler.next(in);
                ASSERT_TRUE(packet);
                if (!*packet) break;
                got.emplace_back((*packet)->payload, (*packet)->last_sequence);
            }
        }
        const std::vector<std::pair<std::string, int>> expected{{"alpha", 4}, {"beta", 5}, {"", 6}};
        EXPECT_EQ(got, expected) << "cut every " << step;
    }
}

TEST(PacketAssembler, joins_frames_of_one_packet) {
    const std::string payload(frame_payload_bytes_max + 10, 'p');
    const auto stream = testing::frames({payload}, 254);
    PacketAssembler assembler(payload.size());
    std::string_view in = stream;
    auto packet = assembler.next(in);
    ASSERT_TRUE(packet && *packet);
    EXPECT_EQ((*packet)->payload, payload);
    EXPECT_EQ((*packet)->sequence, 254);
    EXPECT_EQ((*packet)->last_sequence, 255);
}

TEST(PacketAssembler, refuses_a_packet_over_its_limit) {
    const auto stream = testing::frames({"12345"});
    for (std::size_t step : {1, 9}) {
        PacketAssembler assembler(4);
        bool refused = false;
        for (std::size_t at = 0; at < stream.size() && !refused; at += step) {
            auto in = std::string_view(stream).substr(at, step);
            auto packet = assembler.next(in);
            refused = !packet;
            if (refused) {
                EXPECT_EQ(packet.error().code, ErrorCode::out_of_range);
            }
        }
        EXPECT_TRUE(refused);
    }
}

}  // namespace
}  // namespace sabil::mysql
