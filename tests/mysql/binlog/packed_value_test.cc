#include <gtest/gtest.h>
#include <zlib.h>

#include "mysql/binlog/inflate.h"
#include "mysql/binlog/packed_decimal.h"
#include "mysql/binlog/packed_time.h"
#include "tests/mysql/wire/packet_bytes.h"

namespace sabil::mysql::binlog {
namespace {

using mysql::testing::bytes;

std::string decimal(const std::string& packed, unsigned precision, unsigned scale) {
    std::string out;
    return append_packed_decimal(out, packed, precision, scale) ? out : "refused: " + out;
}

TEST(PackedDecimal, has_the_sizes_of_the_format) {
    EXPECT_EQ(packed_decimal_bytes(10, 0), 5U);
    EXPECT_EQ(packed_decimal_bytes(14, 4), 7U);
    EXPECT_EQ(packed_decimal_bytes(65, 30), 30U);
    EXPECT_EQ(packed_decimal_bytes(5, 5), 3U);
    EXPECT_EQ(packed_decimal_bytes(0, 0), 0U);
    EXPECT_EQ(packed_decimal_bytes(66, 0), 0U);
    EXPECT_EQ(packed_decimal_bytes(5, 6), 0U);
    EXPECT_EQ(packed_decimal_bytes(40, 31), 0U);
}

// 1234567890.1234 as DECIMAL(14,4): the example in the documentation of the format.
TEST(PackedDecimal, reads_both_signs) {
    EXPECT_EQ(decimal(bytes({0x81, 0x0d, 0xfb, 0x38, 0xd2, 0x04, 0xd2}), 14, 4), "1234567890.1234");
    EXPECT_EQ(decimal(bytes({0x7e, 0xf2, 0x04, 0xc7, 0x2d, 0xfb, 0x2d}), 14, 4), "-1234567890.1234");
    EXPECT_EQ(decimal(bytes({0x80, 0x00, 0x01}), 5, 2), "0.01");
    EXPECT_EQ(decimal(bytes({0x80, 0x00, 0x00}), 5, 2), "0.00");
    EXPECT_EQ(decimal(bytes({0x89}), 1, 0), "9");
    EXPECT_EQ(decimal(bytes({0x80, 0x01}), 3, 3), "0.001");
}

TEST(PackedDecimal, refuses_what_no_server_packs) {
    EXPECT_EQ(decimal(bytes({0x8a}), 1, 0).substr(0, 7), "refused");  // ten in one digit
    EXPECT_EQ(decimal(bytes({0x80}), 5, 2), "refused: ");
    EXPECT_EQ(decimal("", 1, 0), "refused: ");
}

TEST(PackedTime, reads_every_form) {
    std::string out;
    EXPECT_TRUE(append_date(out, bytes({0x5d, 0xd0, 0x0f})));
    EXPECT_EQ(out, "2024-02-29");
    out.clear();
    EXPECT_TRUE(append_date(out, bytes({0, 0, 0})));
    EXPECT_EQ(out, "0000-00-00");
    out.clear();
    EXPECT_TRUE(append_time2(out, bytes({0x80, 0xc8, 0xb8}), 0));
    EXPECT_EQ(out, "12:34:56");
    out.clear();
    EXPECT_TRUE(append_time2(out, bytes({0x7f, 0xff, 0xff, 0xff, 0xff, 0xff}), 6));
    EXPECT_EQ(out, "-00:00:00.000001");
    out.clear();
    EXPECT_TRUE(append_old_time(out, bytes({0xd8, 0xe0, 0xff})));
    EXPECT_EQ(out, "-00:79:76");  // -7976 as a number: hhmmss
    out.clear();
    EXPECT_TRUE(append_old_datetime(out, bytes({0x7c, 0xc5, 0xaa, 0x8b, 0x68, 0x12, 0x0, 0x0})));
    EXPECT_EQ(out, "2024-02-29 12:34:52");
    std::int64_t seconds = 0;
    std::uint32_t micros = 0;
    EXPECT_TRUE(read_timestamp2(bytes({0x65, 0x93, 0x7f, 0x25, 0x13, 0x88}), 4, seconds, micros));
    EXPECT_EQ(seconds, 0x65937f25);
    EXPECT_EQ(micros, 500000U);
}

TEST(PackedTime, refuses_other_sizes_and_fractions) {
    std::string out;
    EXPECT_FALSE(append_date(out, bytes({1, 2})));
    EXPECT_FALSE(append_datetime2(out, bytes({1, 2, 3, 4, 5}), 2));
    EXPECT_FALSE(append_datetime2(out, bytes({0, 0, 0, 0, 0}), 0));  // below zero
    EXPECT_FALSE(append_datetime2(out, bytes({0x80, 0, 0, 0, 0, 0xff, 0xff, 0xff}), 6));
    EXPECT_FALSE(append_time2(out, bytes({1, 2, 3}), 7));
    EXPECT_FALSE(append_old_datetime(out, std::string(8, '\xff')));
    std::int64_t seconds = 0;
    std::uint32_t micros = 0;
    EXPECT_FALSE(read_timestamp2(bytes({1, 2, 3}), 0, seconds, micros));
    EXPECT_FALSE(read_timestamp2(bytes({1, 2, 3, 4, 0xff}), 2, seconds, micros));
}

std::string packed(const std::string& plain) {
    std::string out(compressBound(plain.size()), '\0');
    auto length = static_cast<uLongf>(out.size());
    compress(reinterpret_cast<Bytef*>(out.data()), &length, reinterpret_cast<const Bytef*>(plain.data()), plain.size());
    return out.substr(0, length);
}

TEST(Inflate, unpacks_exactly_or_not_at_all) {
    const std::string plain(5000, 'p');
    std::string out;
    EXPECT_TRUE(inflate_exactly(packed(plain), plain.size(), false, out));
    EXPECT_EQ(out, plain);
    EXPECT_FALSE(inflate_exactly(packed(plain), plain.size() - 1, false, out));
    EXPECT_FALSE(inflate_exactly(packed(plain), plain.size() + 1, false, out));
    EXPECT_FALSE(inflate_exactly(packed(plain), std::size_t{1} << 40, false, out));
    EXPECT_FALSE(inflate_exactly("damaged", 100, false, out));
}

TEST(Inflate, reads_mariadb_s_record) {
    const std::string plain(5000, 'p');
    std::string out;
    EXPECT_TRUE(unpack_record(bytes({0x82, 0x13, 0x88}) + packed(plain), 10000, out));
    EXPECT_EQ(out, plain);
    EXPECT_EQ(unpack_record(bytes({0x82, 0x13, 0x88}) + packed(plain), 4000, out).error().code,
              ErrorCode::out_of_range);
    EXPECT_EQ(unpack_record(bytes({0x92, 0x13, 0x88}) + packed(plain), 10000, out).error().code,
              ErrorCode::unsupported);
    for (const auto& bad : {bytes({}), bytes({0x80}), bytes({0x85, 1, 1, 1, 1, 1}), bytes({0x02, 0x13, 0x88})}) {
        EXPECT_EQ(unpack_record(bad, 10000, out).error().code, ErrorCode::protocol);
    }
}

}  // namespace
}  // namespace sabil::mysql::binlog
