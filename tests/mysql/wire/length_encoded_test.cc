#include "mysql/wire/length_encoded.h"

#include <gtest/gtest.h>

#include "tests/mysql/wire/packet_bytes.h"

namespace sabil::mysql {
namespace {

using testing::bytes;

std::string encoded(std::uint64_t value) {
    std::string out;
    ByteWriter w(out);
    write_length_encoded(w, value);
    return out;
}

TEST(LengthEncoded, uses_the_shortest_form) {
    EXPECT_EQ(encoded(0), bytes({0}));
    EXPECT_EQ(encoded(250), bytes({250}));
    EXPECT_EQ(encoded(251), bytes({0xfc, 251, 0}));
    EXPECT_EQ(encoded(65535), bytes({0xfc, 255, 255}));
    EXPECT_EQ(encoded(65536), bytes({0xfd, 0, 0, 1}));
    EXPECT_EQ(encoded(16777216), bytes({0xfe, 0, 0, 0, 1, 0, 0, 0, 0}));
}

TEST(LengthEncoded, reads_back_what_it_wrote) {
    for (std::uint64_t value : {0ULL, 1ULL, 250ULL, 251ULL, 65535ULL, 65536ULL, 16777215ULL, 16777216ULL, ~0ULL}) {
        const auto raw = encoded(value);
        ByteReader in(raw);
        EXPECT_EQ(read_length_encoded(in), value);
        EXPECT_TRUE(in.ok() && in.at_end());
        for (std::size_t cut = 0; cut < raw.size(); ++cut) {
            ByteReader shorter(std::string_view(raw).substr(0, cut));
            read_length_encoded(shorter);
            EXPECT_FALSE(shorter.ok());
        }
    }
}

TEST(LengthEncoded, refuses_null_and_error_markers) {
    for (int marker : {0xfb, 0xff}) {
        const auto raw = bytes({marker, 0, 0, 0, 0, 0, 0, 0, 0});
        ByteReader in(raw);
        read_length_encoded(in);
        EXPECT_FALSE(in.ok());
    }
}

TEST(LengthEncoded, refuses_a_string_longer_than_its_packet) {
    const auto raw = bytes({0xfe, 255, 255, 255, 255, 255, 255, 255, 255, 'x'});
    ByteReader in(raw);
    EXPECT_TRUE(read_length_encoded_string(in).empty());
    EXPECT_FALSE(in.ok());
}

}  // namespace
}  // namespace sabil::mysql
