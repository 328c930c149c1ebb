#include "mysql/wire/compression.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

namespace sabil::mysql {
namespace {

std::string packed_stream(CompressionAlgorithm algorithm, const std::string& plain, std::size_t piece_bytes) {
    Compressor compressor(algorithm, zstd_level_default);
    std::string out;
    std::uint8_t sequence = 0;
    for (std::size_t at = 0; at < plain.size(); at += piece_bytes) {
        compressor.pack(out, sequence++, std::string_view(plain).substr(at, piece_bytes));
    }
    return out;
}

// Feeds and takes at most so many bytes at a time.
Result<std::string> unpacked(CompressionAlgorithm algorithm, std::string_view packed, std::size_t in_bytes, std::size_t out_bytes) {
    Decompressor decompressor(algorithm);
    std::string out, room(out_bytes, '\0');
    std::size_t at = 0, given = 0;
    while (true) {
        given = std::min(std::max(given, at + in_bytes), packed.size());
        auto done = decompressor.unpack(packed.substr(at, given - at), room);
        if (!done) return tl::unexpected(done.error());
        EXPECT_LE(done->produced, out_bytes);
        out.append(room, 0, done->produced);
        at += done->consumed;
        if (done->consumed == 0 && done->produced == 0) {
            if (given == packed.size()) break;
            given += in_bytes;
        }
    }
    if (!decompressor.at_rest()) return fail(ErrorCode::protocol, "not at rest");
    return out;
}

std::string text_of(std::size_t bytes) {
    std::string text;
    for (int i = 0; text.size() < bytes; ++i) text += "row " + std::to_string(i) + ", ";
    text.resize(bytes);
    return text;
}

std::string noise_of(std::size_t bytes) {
    std::mt19937 random(7);
    std::string noise(bytes, '\0');
    std::generate(noise.begin(), noise.end(), [&] { return static_cast<char>(random()); });
    return noise;
}

class CompressionTest : public ::testing::TestWithParam<CompressionAlgorithm> {};
INSTANTIATE_TEST_SUITE_P(Both, CompressionTest,
                         ::testing::Values(CompressionAlgorithm::zlib, CompressionAlgorithm::zstd));

TEST_P(CompressionTest, ComesBackWhateverTheSizesOfThePieces) {
    for (const auto& plain : {text_of(1), text_of(49), text_of(50), text_of(5000), text_of(300000), noise_of(20000)}) {
        const auto packed = packed_stream(GetParam(), plain, 70000);
        for (const std::size_t in_bytes : {1, 7, 1000, 1000000}) {
            for (const std::size_t out_bytes : {1, 100, 65536}) {
                if (plain.size() / std::min(in_bytes, out_bytes) > 100000) continue;
                auto back = unpacked(GetParam(), packed, in_bytes, out_bytes);
                ASSERT_TRUE(back) << back.error().message;
                EXPECT_EQ(*back, plain);
            }
        }
    }
}

TEST_P(CompressionTest, ShortAndNoisyPayloadsGoAsTheyAre) {
    Compressor compressor(GetParam(), 3);
    std::string out;
    compressor.pack(out, 9, "short");
    EXPECT_EQ(out, std::string("\5\0\0\x09\0\0\0short", 12));
    out.clear();
    compressor.pack(out, 0, noise_of(1000));
    EXPECT_EQ(out.size(), compressed_header_bytes + 1000);
    out.clear();
    compressor.pack(out, 0, text_of(1000));
    EXPECT_LT(out.size(), 700U);
}

TEST_P(CompressionTest, TellsTheSequence) {
    Compressor compressor(GetParam(), 3);
    std::string packed;
    compressor.pack(packed, 41, text_of(100));
    Decompressor decompressor(GetParam());
    char room[200];
    ASSERT_TRUE(decompressor.unpack(packed, room));
    EXPECT_EQ(decompressor.sequence(), 41);
}

TEST_P(CompressionTest, AFrameThatUnpacksToOtherThanItSaysIsAnError) {
    const auto good = packed_stream(GetParam(), text_of(5000), 70000);
    for (const int wrong : {-1, 1, 300}) {
        auto packed = good;
        const auto length = 5000 + wrong;
        packed[4] = static_cast<char>(length);
        packed[5] = static_cast<char>(length >> 8);
        EXPECT_FALSE(unpacked(GetParam(), packed, 1000000, 1000000)) << wrong;
        EXPECT_FALSE(unpacked(GetParam(), packed, 11, 13)) << wrong;
    }
}

TEST_P(CompressionTest, ABombNeedsNoMoreThanTheRoomItIsGiven) {
    Compressor compressor(GetParam(), 3);
    std::string packed;
    compressor.pack(packed, 0, std::string(Compressor::plain_bytes_max, 'a'));
    ASSERT_LT(packed.size(), 1000U);
    Decompressor decompressor(GetParam());
    char room[512];
    auto first = decompressor.unpack(packed, room);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->produced, sizeof(room));
    EXPECT_FALSE(decompressor.at_rest());
}

TEST_P(CompressionTest, DamageIsAnErrorOrOtherBytesNeverACrash) {
    const auto good = packed_stream(GetParam(), text_of(3000), 1000);
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (const char flip : {'\x01', '\x80', '\xff'}) {
            auto packed = good;
            packed[at] = static_cast<char>(packed[at] ^ flip);
            (void)unpacked(GetParam(), packed, 100, 1000);
        }
    }
    EXPECT_FALSE(unpacked(GetParam(), std::string_view(good).substr(0, good.size() - 1), 100, 1000));
}

// The library reads frames of its versions before 1.0 too where it was built so, and not alike when they come in pieces.
TEST(ZstdTest, FramesOfItsFirstVersionsAreRefused) {
    using namespace std::string_literals;
    const auto packed = "\x42\0\0\0\xc0\0\x2c\x27\xb5\x2f\xfd\x20\x46\x52\x4f\x0e"s;
    EXPECT_FALSE(unpacked(CompressionAlgorithm::zstd, packed, 1000, 1000));
    EXPECT_FALSE(unpacked(CompressionAlgorithm::zstd, packed, 8, 52));
}

}  // namespace
}  // namespace sabil::mysql
