#include "proxy/persistence/append_log.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <future>

#include "cache/persist/durable_file.h"

namespace sabil::proxy::persistence {
namespace {

class LogWriterTest : public testing::Test {
  protected:
    LogWriterTest() {
        std::string name = (std::filesystem::temp_directory_path() / "sabil-log-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
    }
    ~LogWriterTest() override { std::filesystem::remove_all(folder_); }

    std::string path(const std::string& name) const { return folder_ + "/" + name; }
    LogWriter::File file(const std::string& name) {
        auto opened = cache::open_for_append(path(name));
        EXPECT_TRUE(opened);
        return {std::move(*opened), 0};
    }
    void append(const char* word) {
        const std::vector<std::string_view> args{word};
        log_.append(0, args);
    }
    std::string content(const std::string& name) { return *cache::read_file(path(name), 1 << 20); }

    std::string folder_;
    AppendLog log_;
};

constexpr const char* select_and_a = "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*1\r\n$1\r\nA\r\n";

TEST_F(LogWriterTest, WhatWasAppendedIsInTheFileAfterFlush) {
    log_.writer().open(file("one"));
    log_.activate(true);
    append("A");
    ASSERT_TRUE(log_.writer().flush());
    EXPECT_EQ(content("one"), select_and_a);
    EXPECT_EQ(log_.durable(), log_.appended());
    EXPECT_TRUE(log_.writer().close());
}

TEST_F(LogWriterTest, AlwaysTellsWhenTheRecordIsOnDisk) {
    log_.set_policy(SyncPolicy::always);
    log_.writer().open(file("one"));
    log_.activate(true);
    EXPECT_TRUE(log_.delays_replies());
    append("A");
    std::promise<std::string> found;
    log_.when_durable(log_.appended(), [&] { found.set_value(content("one")); });
    EXPECT_EQ(found.get_future().get(), select_and_a);
    EXPECT_TRUE(log_.writer().close());
}

TEST_F(LogWriterTest, ASwitchPartsTheFiles) {
    log_.writer().open(file("one"));
    log_.activate(true);
    append("A");
    std::promise<Result<void>> done;
    ASSERT_TRUE(log_.writer().switch_here([&] { return Result<LogWriter::File>(file("two")); },
                                          [&](Result<void> result) { done.set_value(std::move(result)); }));
    append("A");
    EXPECT_TRUE(done.get_future().get());
    ASSERT_TRUE(log_.writer().close());
    EXPECT_EQ(content("one"), select_and_a);
    EXPECT_EQ(content("two"), select_and_a);
}

TEST_F(LogWriterTest, AFailedSwitchGoesOnInTheOldFile) {
    log_.writer().open(file("one"));
    log_.activate(true);
    append("A");
    std::promise<Result<void>> done;
    ASSERT_TRUE(log_.writer().switch_here([] { return Result<LogWriter::File>(fail(ErrorCode::io, "no")); },
                                          [&](Result<void> result) { done.set_value(std::move(result)); }));
    append("A");
    EXPECT_FALSE(done.get_future().get());
    ASSERT_TRUE(log_.writer().close());
    EXPECT_EQ(content("one"), std::string(select_and_a) + select_and_a);
}

// /dev/full refuses every byte.
TEST_F(LogWriterTest, AFailingWriteIsTroubleAndIsTriedAgain) {
    auto full = cache::open_for_append("/dev/full");
    ASSERT_TRUE(full);
    std::promise<void> trouble;
    bool told = false;
    log_.writer().on_change([&] {
        if (!std::exchange(told, true)) trouble.set_value();
    });
    log_.writer().open({std::move(*full), 0});
    log_.activate(true);
    append("A");
    trouble.get_future().wait();
    EXPECT_TRUE(log_.writer().in_trouble());
    EXPECT_NE(log_.writer().status().trouble.find("No space left on device"), std::string::npos);
    EXPECT_FALSE(log_.writer().close());
}

}  // namespace
}  // namespace sabil::proxy::persistence
