#include "proxy/observe/slow_statements.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <sstream>

namespace sabil::proxy::observe {
namespace {

using namespace std::chrono_literals;

class SlowStatementsTest : public ::testing::Test {
  protected:
    SlowStatementsTest() : before_(spdlog::default_logger()) {
        spdlog::set_default_logger(
            std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(out_)));
    }
    ~SlowStatementsTest() override { spdlog::set_default_logger(before_); }
    std::size_t lines() const {
        auto text = out_.str();
        return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    }
    std::ostringstream out_;
    std::shared_ptr<spdlog::logger> before_;
};

TEST_F(SlowStatementsTest, LogsWhatTookLong) {
    SlowStatements slow(100ms);
    slow.note(99ms, "SELECT quick", "miss");
    EXPECT_EQ(lines(), 0u);
    slow.note(1500ms, "SELECT slow" + std::string(1000, 'x'), "bypass");
    EXPECT_EQ(lines(), 1u);
    EXPECT_NE(out_.str().find("slow: 1500 ms (bypass): SELECT slowx"), std::string::npos);
    EXPECT_LT(out_.str().size(), SlowStatements::text_bytes_max + 200);
}

TEST_F(SlowStatementsTest, AFloodIsLimited) {
    SlowStatements slow(1ms);
    for (unsigned i = 0; i < 10 * SlowStatements::lines_per_minute_max; ++i) slow.note(1s, "SELECT 1", "miss");
    EXPECT_EQ(lines(), SlowStatements::lines_per_minute_max);
}

TEST_F(SlowStatementsTest, ZeroLogsNothing) {
    SlowStatements slow(0ms);
    slow.note(10s, "SELECT 1", "miss");
    EXPECT_EQ(lines(), 0u);
}

}  // namespace
}  // namespace sabil::proxy::observe
