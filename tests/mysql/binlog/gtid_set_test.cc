#include "mysql/binlog/gtid_set.h"

#include <gtest/gtest.h>

#include "mysql/binlog/serialization.h"

namespace sabil::mysql::binlog {
namespace {

const std::string a = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const std::string b = "4e11fa47-71ca-11e1-9e33-c80aa9429562";

MysqlGtidSet set(const std::string& text) {
    auto parsed = MysqlGtidSet::parse(text);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(MysqlGtidSet{});
}

TEST(Uuid, reads_its_forms) {
    EXPECT_EQ(Uuid::parse(a)->to_string(), a);
    EXPECT_EQ(Uuid::parse("3E11FA4771CA11E19E33C80AA9429562")->to_string(), a);
    EXPECT_EQ(Uuid::parse("{" + a + "}")->to_string(), a);
    for (const std::string bad :
         {"", "3e11", "3e11fa47-71ca-11e1-9e33-c80aa942956", "3e11fa47-71ca-11e1-9e33-c80aa94295621",
          "zz11fa47-71ca-11e1-9e33-c80aa9429562", "3-e11fa47-71ca-11e1-9e33-c80aa9429562"}) {
        EXPECT_FALSE(Uuid::parse(bad)) << bad;
    }
}

TEST(Gtid, reads_both_dialects) {
    EXPECT_EQ(MysqlGtid::parse(a + ":5")->to_string(), a + ":5");
    EXPECT_EQ(MysqlGtid::parse(a + ":tag:5")->tag, "tag");
    EXPECT_EQ(MariadbGtid::parse("0-1-5")->to_string(), "0-1-5");
    for (const std::string& bad :
         {a, a + ":", a + ":0", a + ":-1", a + ":x y:1", a + ":1x", a + ":9223372036854775807"}) {
        EXPECT_FALSE(MysqlGtid::parse(bad)) << bad;
    }
    for (const std::string bad : {"", "0-1", "0-1-", "0-1-5-6", "-1-5", "4294967296-1-1", "0-1-18446744073709551616"}) {
        EXPECT_FALSE(MariadbGtid::parse(bad)) << bad;
    }
}

TEST(MysqlGtidSet, prints_what_it_read) {
    for (const std::string& text :
         {a + ":1-5:7:9-10", a + ":1," + b + ":2-3", a + ":1-3:night:1:5-6", a + ":tag:1", std::string()}) {
        EXPECT_EQ(set(text).to_string(), text);
        auto decoded = MysqlGtidSet::decode(set(text).encode());
        ASSERT_TRUE(decoded) << text;
        EXPECT_EQ(*decoded, set(text));
    }
    EXPECT_EQ(set(" " + b + " : 3 - 4 ,\n" + a + ":7:1-5:6").to_string(), a + ":1-7," + b + ":3-4");
    EXPECT_EQ(set(a + ":Night:1").to_string(), a + ":night:1");
    for (const std::string& bad :
         {a + ":t-g:1", a + ":0", a + ":5-3", a + ":1-x", std::string("nonsense"), a + ":1,zz:1"}) {
        EXPECT_FALSE(MysqlGtidSet::parse(bad)) << bad;
    }
}

TEST(MysqlGtidSet, joins_intervals_as_they_come) {
    MysqlGtidSet s;
    const MysqlGtidSet::Source source{*Uuid::parse(a), ""};
    const auto numbers = [&] { return s.to_string().substr(a.size()); };
    s.add(source, {5, 5});
    s.add(source, {1, 2});
    EXPECT_EQ(numbers(), ":1-2:5");
    s.add(source, {4, 4});
    EXPECT_EQ(numbers(), ":1-2:4-5");
    s.add(source, {3, 3});
    EXPECT_EQ(numbers(), ":1-5");
    s.add(source, {10, 20});
    s.add(source, {30, 40});
    s.add(source, {12, 35});
    EXPECT_EQ(numbers(), ":1-5:10-40");
    s.add(*MysqlGtid::parse(a + ":41"));
    EXPECT_EQ(numbers(), ":1-5:10-41");
    s.add(set(a + ":6-9," + b + ":1"));
    EXPECT_EQ(s.to_string(), a + ":1-41," + b + ":1");
}

TEST(MysqlGtidSet, contains) {
    const auto s = set(a + ":1-5:7:9-10:night:3");
    for (const std::string in : {":1", ":5", ":7", ":10", ":night:3"})
        EXPECT_TRUE(s.contains(*MysqlGtid::parse(a + in))) << in;
    for (const std::string out : {":6", ":8", ":11", ":night:4", ":other:3"}) {
        EXPECT_FALSE(s.contains(*MysqlGtid::parse(a + out))) << out;
    }
    EXPECT_TRUE(s.contains(set(a + ":2-4:9")));
    EXPECT_FALSE(s.contains(set(a + ":4-6")));
    EXPECT_FALSE(s.contains(set(b + ":1")));
    EXPECT_TRUE(s.contains(MysqlGtidSet{}));
}

TEST(MysqlGtidSet, refuses_bytes_that_do_not_fit) {
    const auto bytes = set(a + ":1-5:night:3").encode();
    for (std::size_t cut = 0; cut < bytes.size(); ++cut)
        EXPECT_FALSE(MysqlGtidSet::decode(bytes.substr(0, cut))) << cut;
    EXPECT_FALSE(MysqlGtidSet::decode(bytes + "x"));
    auto upper = bytes;
    upper[upper.find("night")] = 'N';
    EXPECT_FALSE(MysqlGtidSet::decode(upper));
    EXPECT_FALSE(MysqlGtidSet::decode(std::string(8, '\x7f')));  // a count that no packet can hold
}

TEST(MariadbGtidPosition, keeps_the_last_of_each_domain) {
    auto position = MariadbGtidPosition::parse("1-3-9, 0-1-5");
    ASSERT_TRUE(position);
    EXPECT_EQ(position->to_string(), "0-1-5,1-3-9");
    position->set({0, 2, 6});
    EXPECT_EQ(position->to_string(), "0-2-6,1-3-9");
    EXPECT_TRUE(position->contains(MariadbGtid{0, 1, 6}));
    EXPECT_FALSE(position->contains(MariadbGtid{0, 1, 7}));
    EXPECT_FALSE(position->contains(MariadbGtid{2, 1, 1}));
    EXPECT_TRUE(position->contains(*MariadbGtidPosition::parse("0-1-5")));
    EXPECT_FALSE(position->contains(*MariadbGtidPosition::parse("0-1-5,7-1-1")));
    EXPECT_FALSE(MariadbGtidPosition::parse("0-1-5,x"));
}

TEST(Serialization, counts_its_bytes_in_the_first) {
    for (const std::uint64_t value : {0ULL, 1ULL, 127ULL, 128ULL, 16383ULL, 16384ULL, (1ULL << 49) - 1, 1ULL << 49,
                                      (1ULL << 56) - 1, 1ULL << 56, ~0ULL}) {
        std::string bytes;
        ByteWriter w(bytes);
        write_serialized_unsigned(w, value);
        ByteReader in(bytes);
        EXPECT_EQ(read_serialized_unsigned(in), value);
        EXPECT_TRUE(in.ok() && in.at_end());
    }
    ByteReader negative(std::string_view("\x02\x06", 2));
    EXPECT_EQ(read_serialized_signed(negative), ~std::int64_t{0});
    EXPECT_EQ(read_serialized_signed(negative), ~std::int64_t{1});
}

}  // namespace
}  // namespace sabil::mysql::binlog
