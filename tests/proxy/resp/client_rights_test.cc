// What a client may hear and send: subscriptions a user loses, replies switched off, what is held against those who
// have not logged in.
#include "tests/proxy/resp/server_fixture.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace sabil::proxy::resp {
namespace {

class ClientRightsTest : public ServerTest {};

TEST_F(ClientRightsTest, WhoMayNoLongerHearAChannelIsDisconnected) {
    start();
    auto admin = connect();
    struct Case {
        const char* command;
        const char* channel;
    };
    for (const auto& [command, channel] : {Case{"SUBSCRIBE", "foo:1"}, {"SSUBSCRIBE", "foo:1"}, {"PSUBSCRIBE", "foo:*"}}) {
        auto one = connect(), two = connect();
        ASSERT_EQ(admin.call({"ACL", "SETUSER", "u", "on", ">p", "+@all", "~*", "resetchannels",
                              command[0] == 'P' ? "&foo:*" : "&foo:1", "&bar"}), "OK");
        ASSERT_EQ(one.call({"AUTH", "u", "p"}), "OK");
        ASSERT_EQ(two.call({"AUTH", "u", "p"}), "OK");
        one.call({command, channel});
        two.call({"SUBSCRIBE", "bar"});
        ASSERT_EQ(admin.call({"ACL", "SETUSER", "u", "resetchannels", "&bar"}), "OK");
        EXPECT_EQ(one.receive(), "closed") << command;
        ASSERT_EQ(admin.call({"PUBLISH", "bar", "hello"}), ":1");
        EXPECT_EQ(two.receive(), "[message bar hello]") << "what it may still hear goes on";
    }
}

TEST_F(ClientRightsTest, KeysThatArgumentsHideAreTheOnesChecked) {
    start();
    auto client = connect();
    ASSERT_EQ(client.call({"ACL", "SETUSER", "u", "+@all", "~ok:*"}), "OK");
    const auto denied = [](const char* key) { return std::string("User u has no permissions to access the '") + key + "' key"; };
    EXPECT_EQ(client.call({"ACL", "DRYRUN", "u", "GEORADIUS", "ok:a", "0", "0", "1", "m", "STORE", "ok:b", "STOREDIST", "no:c"}),
              denied("no:c"));
    EXPECT_EQ(client.call({"ACL", "DRYRUN", "u", "GEORADIUS", "ok:a", "0", "0", "1", "m", "STORE", "no:b", "STORE", "ok:c"}),
              "OK");
    EXPECT_EQ(client.call({"ACL", "DRYRUN", "u", "GEORADIUSBYMEMBER", "ok:a", "m", "1", "m", "STORE", "ok:b", "STORE", "no:c"}),
              denied("no:c"));
    EXPECT_EQ(client.call({"ACL", "DRYRUN", "u", "XREADGROUP", "NOACK", "GROUP", "g", "streams", "STREAMS", "ok:a", "no:b", "0", "0"}),
              denied("no:b"));
    EXPECT_EQ(client.call({"COMMAND", "GETKEYS", "XREADGROUP", "COUNT", "1", "GROUP", "streams", "c", "STREAMS", "k", ">"}), "[k]");
    ASSERT_EQ(client.call({"XGROUP", "CREATE", "k", "streams", "0", "MKSTREAM"}), "OK");
    ASSERT_EQ(client.call({"XADD", "k", "1-1", "f", "v"}), "1-1");
    EXPECT_EQ(client.call({"XREADGROUP", "COUNT", "1", "GROUP", "streams", "c", "STREAMS", "k", ">"}), "[[k [[1-1 [f v]]]]]");
}

TEST_F(ClientRightsTest, WhoseUserTheFileNoLongerHasIsDisconnected) {
    std::string folder = std::filesystem::temp_directory_path() / "acl-XXXXXX";
    ASSERT_NE(::mkdtemp(folder.data()), nullptr);
    const auto file = folder + "/users.acl";
    std::ofstream(file) << "user u on >p +@all ~* &*\n";
    start({{"aclfile", file}});
    auto admin = connect(), theirs = connect();
    ASSERT_EQ(admin.call({"ACL", "LOAD"}), "OK");
    ASSERT_EQ(theirs.call({"AUTH", "u", "p"}), "OK");
    ASSERT_EQ(admin.call({"ACL", "LOAD"}), "OK");
    ASSERT_EQ(theirs.call({"PING"}), "PONG") << "still there";
    std::ofstream(file, std::ios::trunc) << "\n";
    EXPECT_EQ(theirs.call({"ACL", "LOAD"}), "OK") << "told first";
    EXPECT_EQ(theirs.receive(), "closed");
    EXPECT_EQ(admin.call({"ACL", "USERS"}), "[default]");
    std::filesystem::remove_all(folder);
}

TEST_F(ClientRightsTest, SubscribingIsToldThoughRepliesAreOff) {
    start();
    auto other = connect();
    for (auto version : {"2", "3"}) {
        for (auto mode : {"OFF", "SKIP"}) {
            auto client = connect();
            client.call({"HELLO", version});
            client.send({"CLIENT", "REPLY", mode});
            EXPECT_NE(client.call({"SUBSCRIBE", "news"}).find("subscribe news :1"), std::string::npos) << mode;
            ASSERT_EQ(other.call({"PUBLISH", "news", "hello"}), ":1");
            EXPECT_NE(client.receive().find("message news hello"), std::string::npos) << mode;
            client.send({"UNSUBSCRIBE", "news"});
            client.receive();
        }
    }
}

TEST_F(ClientRightsTest, AQueryAboveItsLimitClosesTheConnection) {
    start({{"client-query-buffer-limit", "1048576"}});
    auto client = connect(), other = connect();
    client.send({"SET", "key", std::string(2'000'000, 'a')});
    EXPECT_EQ(client.receive(), "closed");
    EXPECT_NE(other.call({"INFO", "stats"}).find("client_query_buffer_limit_disconnections:1\r"), std::string::npos);
}

TEST_F(ClientRightsTest, ALibraryThatNeverEndsLoadingIsStopped) {
    start();
    auto client = connect();
    const auto answer = client.call({"FUNCTION", "LOAD", "#!lua name=lib\nwhile true do end"});
    EXPECT_NE(answer.find("FUNCTION LOAD timeout"), std::string::npos) << answer;
    EXPECT_EQ(client.call({"PING"}), "PONG");
}

TEST_F(ClientRightsTest, CachingIsChosenForOneCommand) {
    start();
    auto reader = connect(), writer = connect();
    reader.call({"HELLO", "3"});
    ASSERT_EQ(reader.call({"CLIENT", "TRACKING", "ON", "OPTIN"}), "OK");
    ASSERT_EQ(reader.call({"CLIENT", "CACHING", "YES"}), "OK");
    ASSERT_EQ(reader.call({"GET", "one"}), "nil");
    ASSERT_EQ(reader.call({"GET", "two"}), "nil");
    ASSERT_EQ(writer.call({"SET", "two", "x"}), "OK");
    ASSERT_EQ(writer.call({"SET", "one", "x"}), "OK");
    EXPECT_NE(reader.receive().find("invalidate [one]"), std::string::npos) << "the second read was not asked for";
    ASSERT_EQ(reader.call({"CLIENT", "TRACKING", "OFF"}), "OK");
    ASSERT_EQ(reader.call({"CLIENT", "TRACKING", "ON", "OPTOUT"}), "OK");
    ASSERT_EQ(reader.call({"CLIENT", "CACHING", "NO"}), "OK");
    reader.call({"MULTI"});
    reader.call({"GET", "one"});
    reader.call({"EXEC"});
    reader.call({"GET", "two"});
    ASSERT_EQ(writer.call({"SET", "one", "y"}), "OK");
    ASSERT_EQ(writer.call({"SET", "two", "y"}), "OK");
    EXPECT_NE(reader.receive().find("invalidate [two]"), std::string::npos) << "a transaction is one command";
}

TEST_F(ClientRightsTest, AScriptIsFollowedByTheKeysItReads) {
    start();
    auto reader = connect(), writer = connect();
    reader.call({"HELLO", "3"});
    ASSERT_EQ(reader.call({"CLIENT", "TRACKING", "ON"}), "OK");
    ASSERT_EQ(reader.call({"EVAL", "redis.call('get', 'other') return 1", "1", "declared"}), ":1");
    ASSERT_EQ(writer.call({"SET", "declared", "x"}), "OK");
    ASSERT_EQ(writer.call({"SET", "other", "x"}), "OK");
    EXPECT_NE(reader.receive().find("invalidate [other]"), std::string::npos) << "what it declares, it need not read";
    ASSERT_EQ(reader.call({"EVAL", "redis.call('set', 'other', '1') return 2", "1", "declared"}), ":2");
    ASSERT_EQ(writer.call({"SET", "declared", "y"}), "OK");
    EXPECT_EQ(reader.call({"PING"}), "PONG") << "nothing was read, so nothing is told";
}

}  // namespace
}  // namespace sabil::proxy::resp
