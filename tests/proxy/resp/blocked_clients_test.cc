// Clients that wait for keys: what wakes them, in which order, and how they are counted.
#include "tests/proxy/resp/server_fixture.h"

#include <chrono>
#include <string>
#include <thread>

namespace sabil::proxy::resp {
namespace {

using namespace std::chrono_literals;

class BlockedClientsTest : public ServerTest {};

TEST_F(BlockedClientsTest, IsToldOfWhatItsOwnCommandChangedAfterTheReply) {
    start();
    for (int round = 0; round < 10; ++round) {
        auto waiter = connect(), other = connect();
        waiter.call({"HELLO", "3"});
        ASSERT_EQ(waiter.call({"CLIENT", "TRACKING", "ON"}), "OK");
        ASSERT_EQ(waiter.call({"LLEN", "to"}), ":" + std::to_string(round));
        waiter.send({"BLMOVE", "from", "to", "LEFT", "RIGHT", "0"});
        wait_for_blocked(other, "1");
        ASSERT_EQ(other.call({"RPUSH", "from", "foo"}), ":1");
        EXPECT_EQ(waiter.receive(), "foo");
        EXPECT_NE(waiter.receive().find("invalidate [to]"), std::string::npos);
    }
}

TEST_F(BlockedClientsTest, AnErrorOfTheDestinationEndsTheWaitAndOtherTypesOfTheSourceDoNot) {
    start();
    auto waiter = connect(), other = connect();
    ASSERT_EQ(other.call({"SET", "target", "text"}), "OK");
    waiter.send({"BRPOPLPUSH", "list", "target", "0"});
    wait_for_blocked(other, "1");
    ASSERT_EQ(other.call({"SADD", "list", "member"}), ":1");
    EXPECT_EQ(waiter.receive(50ms), "timeout") << "a set is not what it waits for";
    ASSERT_EQ(other.call({"DEL", "list"}), ":1");
    ASSERT_EQ(other.call({"RPUSH", "list", "foo"}), ":1");
    EXPECT_EQ(waiter.receive().substr(0, 10), "-WRONGTYPE");
    EXPECT_EQ(other.call({"LRANGE", "list", "0", "-1"}), "[foo]");
}

TEST_F(BlockedClientsTest, AReaderOfAGroupHearsThatItsStreamIsGone) {
    start();
    auto waiter = connect(), pop = connect(), other = connect();
    for (auto flush : {"FLUSHALL", "FLUSHDB"}) {
        ASSERT_EQ(other.call({"XGROUP", "CREATE", "events", "group", "$", "MKSTREAM"}), "OK");
        ASSERT_EQ(other.call({"DEL", "events"}), ":1");
        pop.send({"BLPOP", "events", "0"});
        wait_for_blocked(other, "1");
        ASSERT_EQ(other.call({"XGROUP", "CREATE", "events", "group", "$", "MKSTREAM"}), "OK");
        waiter.send({"XREADGROUP", "GROUP", "group", "me", "BLOCK", "0", "STREAMS", "events", ">"});
        wait_for_blocked(other, "2");
        EXPECT_EQ(info(other, "clients", "total_blocking_keys"), "1");
        EXPECT_EQ(info(other, "clients", "total_blocking_keys_on_nokey"), "1");
        ASSERT_EQ(other.call({flush}), "OK");
        EXPECT_EQ(waiter.receive().substr(0, 8), "-NOGROUP") << flush;
        EXPECT_EQ(info(other, "clients", "total_blocking_keys_on_nokey"), "0");
        ASSERT_EQ(other.call({"RPUSH", "events", "x"}), ":1");
        EXPECT_EQ(pop.receive(), "[events x]");
        ASSERT_EQ(other.call({"DEL", "events"}), ":0");
    }
}

TEST_F(BlockedClientsTest, ACommandThatWaitedIsCountedOnce) {
    start();
    auto waiter = connect(), other = connect();
    waiter.send({"BLPOP", "list", "0"});
    wait_for_blocked(other, "1");
    EXPECT_EQ(info(other, "commandstats", "cmdstat_blpop"), "absent");
    ASSERT_EQ(other.call({"RPUSH", "list", "x"}), ":1");
    ASSERT_EQ(waiter.receive(), "[list x]");
    EXPECT_EQ(info(other, "commandstats", "cmdstat_blpop").substr(0, 8), "calls=1,");
    ASSERT_EQ(other.call({"CONFIG", "RESETSTAT"}), "OK");
    const auto id = waiter.call({"CLIENT", "ID"}).substr(1);
    waiter.send({"BLPOP", "list", "0"});
    wait_for_blocked(other, "1");
    ASSERT_EQ(other.call({"CLIENT", "UNBLOCK", id, "ERROR"}), ":1");
    EXPECT_EQ(waiter.receive().substr(0, 10), "-UNBLOCKED");
    EXPECT_EQ(info(other, "errorstats", "errorstat_UNBLOCKED"), "count=1") << other.call({"INFO", "errorstats"});
    const auto counts = info(other, "commandstats", "cmdstat_blpop");
    EXPECT_EQ(counts.substr(0, 8), "calls=1,");
    EXPECT_NE(counts.find("failed_calls=1"), std::string::npos) << counts;
}

TEST_F(BlockedClientsTest, AClientHeldBackByAPauseIsBlocked) {
    start();
    auto waiter = connect(), other = connect();
    ASSERT_EQ(other.call({"CLIENT", "PAUSE", "100000", "WRITE"}), "OK");
    waiter.send({"SET", "a", "1"});
    wait_for_blocked(other, "1");
    ASSERT_EQ(other.call({"CLIENT", "UNPAUSE"}), "OK");
    EXPECT_EQ(waiter.receive(), "OK");
    wait_for_blocked(other, "0");
}

TEST_F(BlockedClientsTest, ScriptsThatOnlyReadRunThroughAPauseOfWrites) {
    start();
    auto client = connect();
    ASSERT_EQ(client.call({"FUNCTION", "LOAD",
                           "#!lua name=lib\nredis.register_function{function_name='f', flags={'no-writes'}, "
                           "callback=function() return 2 end}"}),
              "lib");
    ASSERT_EQ(client.call({"CLIENT", "PAUSE", "100000", "WRITE"}), "OK");
    EXPECT_EQ(client.call({"EVAL", "#!lua flags=no-writes\nreturn 1", "0"}), ":1");
    EXPECT_EQ(client.call({"EVAL_RO", "return 3", "0"}), ":3");
    EXPECT_EQ(client.call({"FCALL", "f", "0"}), ":2");
    client.send({"EVAL", "return 4", "0"});
    EXPECT_EQ(client.receive(50ms), "timeout");
    auto other = connect();
    ASSERT_EQ(other.call({"CLIENT", "UNPAUSE"}), "OK");
    EXPECT_EQ(client.receive(), ":4");
}

}  // namespace
}  // namespace sabil::proxy::resp
