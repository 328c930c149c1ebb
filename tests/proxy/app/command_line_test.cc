#include "proxy/app/command_line.h"

#include <gtest/gtest.h>

#include <sstream>

namespace sabil::proxy::app {
namespace {

using Action = CommandLine::Action;

CommandLine good(const std::vector<std::string>& arguments) {
    auto line = parse_command_line(arguments);
    EXPECT_TRUE(line.has_value()) << (line ? "" : line.error().message);
    return line ? *line : CommandLine{};
}

std::string bad(const std::vector<std::string>& arguments) {
    auto line = parse_command_line(arguments);
    return line ? "no error" : line.error().message;
}

TEST(CommandLine, KnowsItsForms) {
    EXPECT_EQ(good({}).action, Action::serve);
    EXPECT_EQ(good({"--version"}).action, Action::version);
    EXPECT_EQ(good({"--help"}).action, Action::help);
    EXPECT_EQ(good({"c.toml"}).file, "c.toml");
    EXPECT_EQ(good({"check", "c.toml"}).action, Action::check);
    auto explain = good({"explain", "c.toml", "SELECT 1", "--mysql.port", "1"});
    EXPECT_EQ(explain.action, Action::explain);
    EXPECT_EQ(explain.statement, "SELECT 1");
    EXPECT_EQ(explain.overrides.at("mysql.port"), "1");
}

TEST(CommandLine, TakesOverridesWithAndWithoutAFile) {
    auto line = good({"c.toml", "--listen.resp", "127.0.0.1:0", "--cache.maxmemory=1gb", "--listen.http", ""});
    EXPECT_EQ(line.action, Action::serve);
    EXPECT_EQ(line.overrides,
              (Overrides{{"listen.resp", "127.0.0.1:0"}, {"cache.maxmemory", "1gb"}, {"listen.http", ""}}));
    EXPECT_EQ(good({"--listen.resp", "127.0.0.1:0"}).action, Action::serve);
}

TEST(CommandLine, ADotlessFlagOrAnotherFileIsRedis) {
    EXPECT_EQ(good({"redis.conf"}).action, Action::serve_redis);
    EXPECT_EQ(good({"/etc/redis/redis.conf", "--port", "7000"}).redis_flags,
              (std::vector<std::string>{"--port", "7000"}));
    auto line = good({"--port", "7000", "--save", "900", "1"});
    EXPECT_EQ(line.action, Action::serve_redis);
    EXPECT_EQ(line.file, "");
    EXPECT_EQ(line.redis_flags.size(), 5U);
}

TEST(CommandLine, NamesWhatIsWrong) {
    EXPECT_EQ(bad({"check"}), "write: sabil check CONFIG.toml");
    EXPECT_EQ(bad({"explain", "c.toml"}), "write: sabil explain CONFIG.toml \"SELECT ...\"");
    EXPECT_EQ(bad({"explain", "c.toml", "SELECT", "1"}), "'1' is one word too many; put the statement in quotes");
    EXPECT_EQ(bad({"c.toml", "--port", "1"}), "unknown option '--port'; settings are written --section.key VALUE");
    EXPECT_EQ(bad({"c.toml", "--log.level"}), "'--log.level' needs a value");
    EXPECT_EQ(bad({"-x"}), "unknown option '-x'; see sabil --help");
}

TEST(CommandLine, HelpFitsAScreen) {
    std::istringstream help(help_text());
    std::string line;
    int lines = 0;
    while (std::getline(help, line)) {
        ++lines;
        EXPECT_LE(line.size(), 92U) << line;
    }
    EXPECT_LE(lines, 24);
}

}  // namespace
}  // namespace sabil::proxy::app
