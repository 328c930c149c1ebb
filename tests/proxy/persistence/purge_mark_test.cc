#include "proxy/persistence/purge_mark.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace sabil::proxy::persistence {
namespace {

// It works in the working directory.
class PurgeMarkTest : public testing::Test {
  protected:
    PurgeMarkTest() : before_(std::filesystem::current_path()) {
        std::string name = std::filesystem::temp_directory_path() / "purge-XXXXXX";
        folder_ = ::mkdtemp(name.data());
        std::filesystem::current_path(folder_);
    }
    ~PurgeMarkTest() override {
        std::filesystem::current_path(before_);
        std::filesystem::remove_all(folder_);
    }
    static bool on_disk() { return std::filesystem::exists(PurgeMark::file_name); }

  private:
    std::filesystem::path before_, folder_;
};

TEST_F(PurgeMarkTest, APurgeAfterASaveIsKnownToTheNextProcess) {
    std::uint64_t saved_with = 0;
    {
        PurgeMark mark;
        EXPECT_EQ(mark.read().value(), 0U);
        saved_with = mark.for_saving().value();
        ASSERT_TRUE(mark.purged());
    }
    PurgeMark next;
    EXPECT_NE(next.read().value(), saved_with) << "what was saved before the purge must not come back";
}

TEST_F(PurgeMarkTest, ASaveAfterAPurgeIsGood) {
    std::uint64_t saved_with = 0;
    {
        PurgeMark mark;
        (void)mark.read();
        ASSERT_TRUE(mark.purged());
        EXPECT_FALSE(on_disk()) << "nothing was saved that could come back";
        ASSERT_TRUE(mark.purged());
        saved_with = mark.for_saving().value();
        EXPECT_TRUE(on_disk());
    }
    PurgeMark next;
    EXPECT_EQ(next.read().value(), saved_with);
}

TEST_F(PurgeMarkTest, WhatAProcessBeforeHadSavedIsVoidToo) {
    PurgeMark mark;
    (void)mark.read();
    mark.found_saved();
    ASSERT_TRUE(mark.purged());
    PurgeMark next;
    EXPECT_EQ(next.read().value(), 1U);
}

TEST_F(PurgeMarkTest, DamageIsNoNumber) {
    std::ofstream(PurgeMark::file_name) << "many";
    PurgeMark mark;
    EXPECT_FALSE(mark.read());
}

}  // namespace
}  // namespace sabil::proxy::persistence
