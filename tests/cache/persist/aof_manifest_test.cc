#include "cache/persist/aof_manifest.h"

#include <gtest/gtest.h>

namespace sabil::cache {
namespace {

TEST(AofManifestTest, ReadsWhatItWrites) {
    AofManifest manifest;
    manifest.base = manifest.next_base("appendonly.aof", true);
    manifest.increments.push_back(manifest.next_increment("appendonly.aof"));
    manifest.increments.push_back(manifest.next_increment("appendonly.aof"));
    manifest.history.push_back({"a file with \"blanks\"\n", 7});
    EXPECT_EQ(manifest.base->name, "appendonly.aof.1.base.rdb");
    EXPECT_EQ(manifest.increments[1].name, "appendonly.aof.2.incr.aof");
    auto back = AofManifest::parse(manifest.text());
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->base, manifest.base);
    EXPECT_EQ(back->increments, manifest.increments);
    EXPECT_EQ(back->history, manifest.history);
    EXPECT_EQ(back->next_base("x", false).name, "x.2.base.aof");
    EXPECT_EQ(back->next_increment("x").sequence, 3u);
}

TEST(AofManifestTest, RemarksAndUnknownWordsArePassedOver) {
    auto manifest = AofManifest::parse("# a remark\nfile x seq 3 type i startoffset 0\r\n");
    ASSERT_TRUE(manifest) << manifest.error().message;
    EXPECT_EQ(manifest->increments, (std::vector<AofFile>{{"x", 3}}));
}

TEST(AofManifestTest, DamageIsNamedWithItsLine) {
    for (const char* text : {"", "\n", "file x seq 1 type b", "file x seq 1\n", "file x seq one type b\n",
                             "file x seq 0 type b\n", "file x seq 1 type z\n", "file ../x seq 1 type b\n",
                             "file \"x seq 1 type b\n", "file x seq 1 type b\nfile y seq 2 type b\n",
                             "file x seq 2 type i\nfile y seq 1 type i\n", "seq 1 type b file\n"}) {
        EXPECT_FALSE(AofManifest::parse(text)) << text;
    }
    auto damaged = AofManifest::parse("file x seq 1 type b\nfile y seq 1 type q\n");
    ASSERT_FALSE(damaged);
    EXPECT_EQ(damaged.error().message, "line 2: Unknown AOF file type 'q'");
}

}  // namespace
}  // namespace sabil::cache
