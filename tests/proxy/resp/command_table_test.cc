#include "proxy/resp/command_table.h"

#include "proxy/resp/key_extraction.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace sabil::proxy::resp {
namespace {

TEST(CommandTable, FindsNamesInAnyLetterCase) {
    ASSERT_NE(command_table().find("GeT"), nullptr);
    EXPECT_EQ(command_table().find("GeT")->name, "get");
    EXPECT_EQ(command_table().find("gett"), nullptr);
    EXPECT_EQ(command_table().find(""), nullptr);
    std::string_view args[] = {"CONFIG", "Set", "a", "b"};
    EXPECT_EQ(command_table().resolve(args)->name, "config|set");
    EXPECT_EQ(command_table().find_full("config|get")->name, "config|get");
    EXPECT_EQ(command_table().find_full("config|nosuch"), nullptr);
}

TEST(CommandTable, RowsAreConsistent) {
    std::set<std::string> names;
    for (const auto& command : command_table().all()) {
        const auto& spec = *command->spec;
        EXPECT_TRUE(names.insert(command->name).second) << command->name << " is listed twice";
        EXPECT_NE(spec.arity, 0) << command->name;
        EXPECT_FALSE(spec.since.empty()) << command->name;
        EXPECT_FALSE(spec.summary.empty()) << command->name;
        EXPECT_TRUE(spec.handler != nullptr || !spec.subcommands.empty()) << command->name;
        for (char c : spec.name) EXPECT_FALSE(c >= 'A' && c <= 'Z') << command->name;
        // PFCOUNT may store the count in its key, XREADGROUP writes to the group and not to the entries: their flags are
        // what clients know.
        if (command->name == "pfcount" || command->name == "xreadgroup") continue;
        for (const auto& keys : spec.keys) {
            bool only_read = (keys.flags & key_flag::writes) == 0;
            EXPECT_TRUE(only_read || !spec.access.reads()) << command->name << " is a read and writes a key";
            EXPECT_TRUE(keys.at > 0 || keys.begin != KeySpec::Begin::index) << command->name;
        }
        bool writes_a_key = false;
        for (const auto& keys : spec.keys) writes_a_key |= (keys.flags & key_flag::writes) != 0;
        if (spec.access.writes() && !spec.keys.empty()) {
            EXPECT_TRUE(writes_a_key) << command->name << " is a write but its keys are only read";
        }
        EXPECT_TRUE((spec.flags & flag::denyoom) == 0 || spec.access.writes()) << command->name;
    }
}

std::vector<std::string> keys_of(std::vector<std::string_view> args) {
    std::vector<FoundKey> found;
    const auto* command = command_table().resolve(args);
    if (command == nullptr || !find_keys(*command->spec, args, found)) return {"invalid"};
    std::vector<std::string> out;
    for (const auto& key : found) out.emplace_back(args[key.argument]);
    return out;
}

TEST(KeyExtraction, FindsKeysByTheSpecs) {
    using Keys = std::vector<std::string>;
    EXPECT_EQ(keys_of({"GET", "a"}), (Keys{"a"}));
    EXPECT_EQ(keys_of({"MSET", "a", "1", "b", "2"}), (Keys{"a", "b"}));
    EXPECT_EQ(keys_of({"DEL", "a", "b", "c"}), (Keys{"a", "b", "c"}));
    EXPECT_EQ(keys_of({"BLPOP", "a", "b", "0"}), (Keys{"a", "b"}));
    EXPECT_EQ(keys_of({"ZUNIONSTORE", "out", "2", "a", "b", "WEIGHTS", "1", "2"}), (Keys{"out", "a", "b"}));
    EXPECT_EQ(keys_of({"ZUNIONSTORE", "out", "9", "a", "b"}), (Keys{"invalid"}));
    EXPECT_EQ(keys_of({"EVAL", "return 1", "2", "a", "b", "c"}), (Keys{"a", "b"}));
    EXPECT_EQ(keys_of({"PING"}), (Keys{}));
}

// The ACL categories of some commands, as redis-server 7.2 tells them.
TEST(CommandTable, DerivesAclCategories) {
    auto categories = [](std::string_view name) { return command_table().find_full(name)->acl; };
    EXPECT_EQ(categories("get"), acl::read | acl::string | acl::fast);
    EXPECT_EQ(categories("set"), acl::write | acl::string | acl::slow);
    EXPECT_EQ(categories("del"), acl::write | acl::keyspace | acl::slow);
    EXPECT_EQ(categories("config|set"), acl::admin | acl::dangerous | acl::slow);
    EXPECT_EQ(categories("ping"), acl::connection | acl::fast);
    EXPECT_EQ(categories("blpop"), acl::write | acl::list | acl::blocking | acl::slow);
    EXPECT_EQ(categories("publish"), acl::pubsub | acl::fast);
}

}  // namespace
}  // namespace sabil::proxy::resp
