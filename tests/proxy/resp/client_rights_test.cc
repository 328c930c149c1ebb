// What a client may hear and send: subscriptions a user loses, replies switched off, what is held against those who
// have not logged in.
#include "tests/proxy/resp/server_fixture.h"

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

TEST_F(ClientRightsTest, AScriptThatReadIsFollowedByTheKeysItDeclares) {
    start();
    auto reader = connect(), writer = connect();
    reader.call({"HELLO", "3"});
    ASSERT_EQ(reader.call({"CLIENT", "TRACKING", "ON"}), "OK");
    ASSERT_EQ(reader.call({"EVAL", "redis.call('get', 'other') return 1", "1", "declared"}), ":1");
    ASSERT_EQ(writer.call({"SET", "other", "x"}), "OK");
    ASSERT_EQ(writer.call({"SET", "declared", "x"}), "OK");
    EXPECT_NE(reader.receive().find("invalidate [declared]"), std::string::npos);
    ASSERT_EQ(reader.call({"EVAL", "redis.call('set', 'other', '1') return 2", "1", "declared"}), ":2");
    ASSERT_EQ(writer.call({"SET", "declared", "y"}), "OK");
    EXPECT_EQ(reader.call({"PING"}), "PONG") << "nothing was read, so nothing is told";
}

}  // namespace
}  // namespace sabil::proxy::resp
