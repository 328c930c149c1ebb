#include "proxy/resp/request_parser.h"

#include <gtest/gtest.h>

#include <string>

namespace sabil::proxy::resp {
namespace {

using Status = RequestParser::Status;
using Commands = std::vector<std::vector<std::string>>;

struct Outcome {
    Commands commands;
    std::string error;
    bool operator==(const Outcome&) const = default;
};

// Feeds the bytes in pieces of `step` bytes, as a read buffer would: unread bytes stay, consumed ones go.
Outcome parse(const std::string& bytes, std::size_t step, RequestLimits limits = {}) {
    RequestParser parser;
    std::string buffer;
    Outcome out;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        buffer += bytes.substr(at, step);
        for (;;) {
            std::string moved = buffer;  // views must not outlive this call: elsewhere each time
            std::vector<std::string_view> args;
            Status status = parser.next(moved, limits, args);
            if (status == Status::error) {
                out.error = parser.error();
                return out;
            }
            if (status == Status::incomplete) break;
            if (status == Status::command) out.commands.emplace_back(args.begin(), args.end());
            buffer.erase(0, parser.consumed());
        }
    }
    return out;
}

Outcome parse_whole(const std::string& bytes, RequestLimits limits = {}) { return parse(bytes, bytes.size(), limits); }

TEST(RequestParser, ReadsTheSameHoweverTheBytesArrive) {
    const std::string bytes = "*2\r\n$3\r\nGET\r\n$5\r\nk\r\ney\r\n\r\nPING hello\r\n*0\r\n*-1\r\n*1\r\n$0\r\n\r\n" +
                              std::string("SET \"a b\\x41\\n\" 'it\\'s'\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$20\r\n") +
                              std::string(20, '\0') + "\r\n";
    const Commands expected = {{"GET", "k\r\ney"},
                               {"PING", "hello"},
                               {""},
                               {"SET", "a bA\n", "it's"},
                               {"SET", "k", std::string(20, '\0')}};
    for (std::size_t step = 1; step <= bytes.size(); ++step) {
        auto outcome = parse(bytes, step);
        EXPECT_EQ(outcome.error, "") << "in pieces of " << step;
        EXPECT_EQ(outcome.commands, expected) << "in pieces of " << step;
    }
}

struct BadInput {
    std::string bytes;
    std::string error;
};

class RequestParserRefuses : public testing::TestWithParam<BadInput> {};

TEST_P(RequestParserRefuses, NamesWhatIsWrong) {
    const auto& [bytes, error] = GetParam();
    EXPECT_EQ(parse_whole(bytes).error, error);
    EXPECT_EQ(parse(bytes, 1).error, error);
}

INSTANTIATE_TEST_SUITE_P(Protocol, RequestParserRefuses,
                         testing::Values(BadInput{"*x\r\n", "invalid multibulk length"},
                                         BadInput{"*3000000000\r\n", "invalid multibulk length"},
                                         BadInput{"*1\r\nfoo\r\n", "expected '$', got 'f'"},
                                         BadInput{"*1\r\n$-1\r\n", "invalid bulk length"},
                                         BadInput{"*1\r\n$abc\r\n", "invalid bulk length"},
                                         BadInput{"*1\r\n$536870913\r\n", "invalid bulk length"},
                                         BadInput{"*1\r\n$+3\r\nfoo\r\n", "invalid bulk length"},
                                         BadInput{"SET \"a\r\n", "unbalanced quotes in request"},
                                         BadInput{"SET 'a'b\r\n", "unbalanced quotes in request"},
                                         BadInput{std::string(70'000, 'a'), "too big inline request"},
                                         BadInput{"*" + std::string(70'000, '1'), "too big mbulk count string"},
                                         BadInput{"*1\r\n$" + std::string(70'000, '1'), "too big bulk count string"}));

TEST(RequestParser, LimitsClientsThatHaveNotLoggedIn) {
    RequestLimits limits;
    limits.authenticated = false;
    EXPECT_EQ(parse_whole("*11\r\n", limits).error, "unauthenticated multibulk length");
    EXPECT_EQ(parse_whole("*1\r\n$16385\r\n", limits).error, "unauthenticated bulk length");
    EXPECT_EQ(parse_whole("*1\r\n$4\r\nPING\r\n", limits).commands, (Commands{{"PING"}}));
}

TEST(RequestParser, TellsHowManyBytesAreMissing) {
    RequestParser parser;
    std::string bytes = "*2\r\n$3\r\nSET\r\n$100\r\nabc";
    std::vector<std::string_view> args;
    EXPECT_EQ(parser.next(bytes, {}, args), Status::incomplete);
    EXPECT_EQ(parser.missing_bytes(), 99U);
    EXPECT_TRUE(args.empty());
}

TEST(RequestParser, StartsAgainAfterReset) {
    RequestParser parser;
    std::string bytes = "*2\r\n$3\r\nGET\r\n$1\r\n";
    std::vector<std::string_view> args;
    EXPECT_EQ(parser.next(bytes, {}, args), Status::incomplete);
    parser.reset();
    bytes += "k\r\n";
    EXPECT_EQ(parser.next(bytes, {}, args), Status::command);
    EXPECT_EQ(args, (std::vector<std::string_view>{"GET", "k"}));
}

}  // namespace
}  // namespace sabil::proxy::resp
