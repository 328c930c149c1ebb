#include "proxy/resp/reply.h"

#include "proxy/resp/number_format.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

namespace sabil::proxy::resp {
namespace {

std::string written(int version, const std::function<void(Reply&)>& write) {
    OutputBuffer out;
    Reply reply(out, version);
    write(reply);
    return std::string(out.view());
}

struct Form {
    std::function<void(Reply&)> write;
    std::string resp2, resp3;
};

TEST(Reply, WritesEachTypeInBothProtocols) {
    const Form forms[] = {
        {[](Reply& r) { r.ok(); }, "+OK\r\n", "+OK\r\n"},
        {[](Reply& r) { r.integer(-42); }, ":-42\r\n", ":-42\r\n"},
        {[](Reply& r) { r.bulk("a\r\nb"); }, "$4\r\na\r\nb\r\n", "$4\r\na\r\nb\r\n"},
        {[](Reply& r) { r.bulk(""); }, "$0\r\n\r\n", "$0\r\n\r\n"},
        {[](Reply& r) { r.null(); }, "$-1\r\n", "_\r\n"},
        {[](Reply& r) { r.null_array(); }, "*-1\r\n", "_\r\n"},
        {[](Reply& r) { r.number(3.5); }, "$3\r\n3.5\r\n", ",3.5\r\n"},
        {[](Reply& r) { r.number(std::numeric_limits<double>::infinity()); }, "$3\r\ninf\r\n", ",inf\r\n"},
        {[](Reply& r) { r.boolean(true); }, ":1\r\n", "#t\r\n"},
        {[](Reply& r) { r.big_number("123"); }, "$3\r\n123\r\n", "(123\r\n"},
        {[](Reply& r) { r.verbatim("abc"); }, "$3\r\nabc\r\n", "=7\r\ntxt:abc\r\n"},
        {[](Reply& r) { r.map(2); }, "*4\r\n", "%2\r\n"},
        {[](Reply& r) { r.set(2); }, "*2\r\n", "~2\r\n"},
        {[](Reply& r) { r.push(3); }, "*3\r\n", ">3\r\n"},
        {[](Reply& r) { r.error("ERR a\r\nb"); }, "-ERR a  b\r\n", "-ERR a  b\r\n"},
        {[](Reply& r) { r.wrong_arguments("get"); }, "-ERR wrong number of arguments for 'get' command\r\n",
         "-ERR wrong number of arguments for 'get' command\r\n"},
    };
    for (const auto& form : forms) {
        EXPECT_EQ(written(2, form.write), form.resp2);
        EXPECT_EQ(written(3, form.write), form.resp3);
    }
}

TEST(Reply, ClosesNestedAggregatesOfUnknownSize) {
    auto text = written(3, [](Reply& r) {
        auto outer = r.open();
        r.bulk("k");
        auto inner = r.open();
        for (int i = 0; i < 12; ++i) r.integer(i);
        r.close_array(inner, 12);
        r.close_map(outer, 1);
    });
    EXPECT_EQ(text, "%1\r\n$1\r\nk\r\n*12\r\n:0\r\n:1\r\n:2\r\n:3\r\n:4\r\n:5\r\n:6\r\n:7\r\n:8\r\n:9\r\n:10\r\n:11\r\n");
}

TEST(Reply, RemembersWhereAnErrorBegins) {
    OutputBuffer out;
    Reply reply(out, 2);
    auto mark = reply.open();
    reply.error("WRONGTYPE no");
    reply.close_array(mark, 1);
    EXPECT_EQ(reply.errors(), 1U);
    EXPECT_EQ(out.view().substr(reply.last_error_at(), 9), "WRONGTYPE");
}

std::string shown(double value) {
    char text[number_bytes_max];
    return {text, format_double(value, text)};
}

TEST(NumberFormat, WritesDoublesAsRedisDoes) {
    EXPECT_EQ(shown(0), "0");
    EXPECT_EQ(shown(-0.0), "-0");
    EXPECT_EQ(shown(3), "3");
    EXPECT_EQ(shown(-17.25), "-17.25");
    EXPECT_EQ(shown(0.1), "0.1");
    EXPECT_EQ(shown(1e20), "1e+20");
    EXPECT_EQ(shown(1.5e-9), "1.5e-9");
    EXPECT_EQ(shown(0.0001), "0.0001");
    EXPECT_EQ(shown(4503599627370496.0), "4503599627370496");
    EXPECT_EQ(shown(std::numeric_limits<double>::quiet_NaN()), "nan");
    EXPECT_EQ(shown(1.7976931348623157e308), "1.7976931348623157e+308");
}

TEST(NumberFormat, WritesLongDoublesWithoutExponentOrTrailingZeros) {
    char text[long_double_bytes_max];
    auto show = [&](long double value) { return std::string(text, format_long_double(value, text)); };
    EXPECT_EQ(show(10.5L), "10.5");
    EXPECT_EQ(show(3.0L), "3");
    EXPECT_EQ(show(-0.0L), "0");
    EXPECT_EQ(show(5e3L), "5000");
}

}  // namespace
}  // namespace sabil::proxy::resp
