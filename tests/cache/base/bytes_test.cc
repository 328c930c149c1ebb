#include "cache/base/bytes.h"

#include <gtest/gtest.h>

namespace sabil {
namespace {

TEST(ByteReader, ReadsIntegersOfEachWidth) {
    ByteReader r(std::string_view("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a", 10));
    EXPECT_EQ(r.u8(), 0x01u);
    EXPECT_EQ(r.u16(), 0x0302u);
    EXPECT_EQ(r.u24(), 0x060504u);
    EXPECT_EQ(r.u32(), 0x0a090807u);
    EXPECT_TRUE(r.ok());
    EXPECT_TRUE(r.at_end());
}

TEST(ByteReader, LatchesTheFirstErrorAndReadsNothingAfterIt) {
    ByteReader r("abc");
    EXPECT_EQ(r.u32(), 0u);
    EXPECT_FALSE(r.ok());
    EXPECT_EQ(r.u8(), 0u);
    EXPECT_EQ(r.take_rest(), "");
    EXPECT_FALSE(r.ok());
}

TEST(ByteReader, TakeUntilNeedsItsEnd) {
    ByteReader r(std::string_view("ab\0cd", 5));
    EXPECT_EQ(r.take_until('\0'), "ab");
    EXPECT_EQ(r.take_until('\0'), "");
    EXPECT_FALSE(r.ok());
}

TEST(ByteWriter, StopsAtItsLimit) {
    std::string out;
    ByteWriter w(out, 5);
    w.u32(0x04030201);
    w.u16(7);
    w.u8(1);
    EXPECT_FALSE(w.ok());
    EXPECT_EQ(out, "\x01\x02\x03\x04");
}

TEST(ByteWriter, BigEndianReadsBack) {
    std::string out;
    ByteWriter w(out);
    w.uint_be(0x0102030405ULL, 5);
    EXPECT_EQ(ByteReader(out).uint_be(5), 0x0102030405ULL);
}

}  // namespace
}  // namespace sabil
