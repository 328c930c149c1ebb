// What clients may take of the server: its workers while a script runs, its memory, the ages of keys.
#include "tests/proxy/resp/server_fixture.h"


#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace sabil::proxy::resp {
namespace {

using namespace std::chrono_literals;

class ClientLimitsTest : public ServerTest {
  protected:
    // Until the answer is as wanted; the last answer otherwise.
    std::string call_until(TestClient& client, std::initializer_list<std::string_view> args, std::string_view wanted) {
        std::string answer;
        for (auto until = std::chrono::steady_clock::now() + 10s; std::chrono::steady_clock::now() < until;) {
            answer = client.call(args);
            if (answer.substr(0, wanted.size()) == wanted) break;
            std::this_thread::sleep_for(5ms);
        }
        return answer;
    }
};

TEST_F(ClientLimitsTest, AScriptsOwnWorkerAnswersOthersWhileItRunsTooLong) {
    start({{"busy-reply-threshold", "50"}}, {}, 1);
    auto runner = connect(), other = connect();
    ASSERT_EQ(other.call({"SET", "a", "1"}), "OK");
    runner.send({"EVAL", "while true do end", "0"});
    EXPECT_EQ(call_until(other, {"GET", "a"}, "-BUSY"),
              "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.");
    EXPECT_EQ(other.call({"PING"}).substr(0, 5), "-BUSY");
    EXPECT_EQ(other.call({"MULTI"}), "OK") << "what is allowed then runs";
    EXPECT_EQ(other.call({"DISCARD"}), "OK");
    auto late = connect();
    EXPECT_EQ(late.call({"FUNCTION", "KILL"}).substr(0, 5), "-BUSY") << "a connection made meanwhile is served";
    EXPECT_EQ(late.call({"SCRIPT", "KILL"}), "OK");
    EXPECT_NE(runner.receive().find("Script killed by user with SCRIPT KILL"), std::string::npos);
    EXPECT_EQ(other.call({"GET", "a"}), "1");
    EXPECT_EQ(late.call({"SCRIPT", "KILL"}), "-NOTBUSY No scripts in execution right now.");
}

TEST_F(ClientLimitsTest, NamesThatAreKeptForAClientCountAsItsMemory) {
    start({{"maxmemory-clients", "200000"}}, {}, 1);
    auto until_closed = [&](std::initializer_list<std::string_view> words) {
        auto client = connect();
        for (int i = 0; i < 3000; ++i) {
            const std::string name = "name" + std::to_string(10000 + i);  // none is another's prefix
            std::vector<std::string_view> args(words);
            args.push_back(name);
            if (args[0] == "CLIENT") args.push_back("BCAST");
            std::string bytes = "*" + std::to_string(args.size()) + "\r\n";
            for (auto arg : args) bytes += "$" + std::to_string(arg.size()) + "\r\n" + std::string(arg) + "\r\n";
            client.send_bytes(bytes);
            if (client.receive() == "closed") return i;
        }
        return -1;
    };
    for (auto words : {std::initializer_list<std::string_view>{"WATCH"}, {"SUBSCRIBE"}, {"PSUBSCRIBE"}, {"SSUBSCRIBE"},
                       {"CLIENT", "TRACKING", "on", "PREFIX"}}) {
        EXPECT_GT(until_closed(words), 300);
    }
    auto client = connect();
    for (int round = 0; round < 10; ++round) {
        for (int i = 0; i < 200; ++i) ASSERT_EQ(client.call({"WATCH", "name" + std::to_string(i)}), "OK");
        ASSERT_EQ(client.call({"UNWATCH"}), "OK") << "what is forgotten does not count";
    }
}

TEST_F(ClientLimitsTest, AnEndlessReplyClosesWhoHasALimit) {
    start();
    auto client = connect();
    ASSERT_EQ(client.call({"HSET", "h", "a", "b"}), ":1");
    EXPECT_EQ(client.call({"HRANDFIELD", "h", "-999999999"}), "-ERR value is out of range");
    ASSERT_EQ(client.call({"CONFIG", "SET", "client-output-buffer-limit", "normal 1000000 0 0"}), "OK");
    client.send({"HRANDFIELD", "h", "-999999999"});
    EXPECT_EQ(client.receive(), "closed");
}

TEST_F(ClientLimitsTest, OutputBuffersOfIdleClientsRest) {
    start({{"enable-debug-command", "yes"}});
    auto client = connect(), other = connect();
    ASSERT_EQ(client.call({"CLIENT", "SETNAME", "idle"}), "OK");
    ASSERT_EQ(other.call({"SET", "k", std::string(30000, 'x')}), "OK");
    ASSERT_EQ(client.call({"GET", "k"}).size(), 30000U);
    EXPECT_NE(other.call({"CLIENT", "LIST"}).find("rbs=16384"), std::string::npos);
    ASSERT_EQ(other.call({"DEBUG", "REPLYBUFFER", "PEAK-RESET-TIME", "100"}), "OK");
    std::string line;
    for (auto until = std::chrono::steady_clock::now() + 10s; std::chrono::steady_clock::now() < until;) {
        line = other.call({"CLIENT", "LIST"});
        line = line.substr(line.find("name=idle"));
        line.resize(line.find('\n'));
        if (line.find("rbs=1024") != std::string::npos) break;
        std::this_thread::sleep_for(5ms);
    }
    EXPECT_NE(line.find("rbs=1024 "), std::string::npos) << line;
    EXPECT_EQ(client.call({"GET", "k"}).size(), 30000U);
}

TEST_F(ClientLimitsTest, ErrorsBeyondTheTableAreCountedTogether) {
    start({}, {}, 1);
    auto client = connect();
    for (int i = 0; i < 200; ++i) {
        client.call({"EVAL", "return redis.error_reply(ARGV[1] .. ' text')", "0", "e" + std::to_string(i)});
    }
    const auto errors = client.call({"INFO", "errorstats"});
    EXPECT_NE(errors.find("errorstat_e127:count=1"), std::string::npos);
    EXPECT_EQ(errors.find("errorstat_e128"), std::string::npos);
    EXPECT_NE(errors.find("errorstat_ERRORSTATS_OVERFLOW:count=72"), std::string::npos) << errors;
    client.call({"GET"});
    EXPECT_NE(client.call({"INFO", "errorstats"}).find("errorstat_ERR:count=1"), std::string::npos);
}

TEST_F(ClientLimitsTest, AKnownScriptThatWritesNothingRunsThroughAPauseOfWrites) {
    start();
    auto client = connect(), other = connect();
    const auto sha = client.call({"SCRIPT", "LOAD", "#!lua flags=no-writes\nreturn 2"});
    const auto writer = client.call({"SCRIPT", "LOAD", "return 3"});
    ASSERT_EQ(other.call({"MULTI"}), "OK");
    ASSERT_EQ(other.call({"EVALSHA", sha, "0"}), "QUEUED");
    ASSERT_EQ(client.call({"CLIENT", "PAUSE", "600000", "WRITE"}), "OK");
    EXPECT_EQ(client.call({"EVALSHA", sha, "0"}), ":2");
    EXPECT_EQ(other.call({"EXEC"}), "[:2]");
    other.send({"EVALSHA", writer, "0"});
    EXPECT_EQ(other.receive(50ms), "timeout");
    ASSERT_EQ(client.call({"CLIENT", "UNPAUSE"}), "OK");
}

TEST_F(ClientLimitsTest, WhatIsPipelinedDuringAScriptIsAnsweredInOrder) {
    start({{"busy-reply-threshold", "50"}}, {}, 1);
    auto runner = connect(), other = connect();
    runner.send({"EVAL", "while true do end", "0"});
    ASSERT_EQ(call_until(other, {"PING"}, "-BUSY").substr(0, 5), "-BUSY");
    other.send_bytes("SCRIPT KILL\r\nWATCH k\r\nPING\r\n");
    EXPECT_EQ(other.receive(), "OK");
    EXPECT_EQ(other.receive(), "OK") << "WATCH needs a slice: it waits for the script's end";
    EXPECT_EQ(other.receive(), "PONG");
}

TEST_F(ClientLimitsTest, OtherWorkersStayFreeWhileAScriptRuns) {
    start({{"busy-reply-threshold", "0"}});
    std::vector<TestClient> clients;
    for (int i = 0; i < 4; ++i) {
        clients.push_back(connect());
        ASSERT_EQ(clients.back().call({"PING"}), "PONG") << "the worker that accepts may be the script's";
    }
    clients[0].send({"EVAL", "while true do end", "0"});
    // No script is too long: others wait for its end, and only some commands run.
    std::string answer = call_until(clients[1], {"SCRIPT", "KILL"}, "OK");
    if (answer != "OK") answer = call_until(clients[2], {"SCRIPT", "KILL"}, "OK");
    EXPECT_EQ(answer, "OK");
    EXPECT_EQ(clients[3].call({"PING"}), "PONG");
}

TEST_F(ClientLimitsTest, TheLargestClientsGoWhenAllTogetherTakeTooMuch) {
    start();
    auto large = connect(), spared = connect(), small = connect();
    ASSERT_EQ(spared.call({"CLIENT", "NO-EVICT", "on"}), "OK");
    ASSERT_EQ(small.call({"CONFIG", "SET", "maxmemory-clients", "8mb"}), "OK");
    std::string most_of_one(1 << 20, 'x'), most_of_twelve(12 << 20, 'x');
    auto begin_argument = [](TestClient& client, const std::string& bytes) {
        client.send_bytes("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$" + std::to_string(bytes.size() + 10) + "\r\n" + bytes);
    };
    begin_argument(spared, most_of_one);
    std::thread sender([&] { begin_argument(large, most_of_twelve); });  // cut off in the middle of it
    EXPECT_EQ(large.receive_to_end(), "");
    sender.join();
    EXPECT_EQ(small.call({"PING"}), "PONG");
    spared.send_bytes("0123456789\r\n");
    EXPECT_EQ(spared.receive(), "OK");
    auto info = small.call({"INFO", "stats"});
    auto at = info.find("evicted_clients:");
    ASSERT_NE(at, std::string::npos);
    EXPECT_EQ(info.substr(at, 17), "evicted_clients:1");
}

TEST_F(ClientLimitsTest, NoTouchLeavesAgesButForTouch) {
    start({{"maxmemory-policy", "allkeys-lru"}});
    auto client = connect(), reader = connect();
    ASSERT_EQ(client.call({"SET", "k", "v"}), "OK");
    ASSERT_EQ(reader.call({"CLIENT", "NO-TOUCH", "on"}), "OK");
    std::this_thread::sleep_for(2100ms);  // ages count seconds
    EXPECT_EQ(reader.call({"GET", "k"}), "v");
    auto idle = client.call({"OBJECT", "IDLETIME", "k"});
    EXPECT_GE(std::stoi(idle.substr(1)), 1);
    EXPECT_EQ(reader.call({"TOUCH", "k"}), ":1");
    EXPECT_EQ(client.call({"OBJECT", "IDLETIME", "k"}), ":0");
}

// Whether there is room was decided for the whole transaction, before its first command.
TEST_F(ClientLimitsTest, AScriptMayWriteInATransactionThatFoundRoom) {
    start();
    auto client = connect();
    const auto limit = std::to_string(keyspace_.memory_bytes() + 400'000);
    const std::string_view script = "return redis.call('SET', KEYS[1], 'v')";
    ASSERT_EQ(client.call({"CONFIG", "SET", "maxmemory", limit}), "OK");
    EXPECT_EQ(client.call({"MULTI"}), "OK");
    EXPECT_EQ(client.call({"SETRANGE", "big", "1000000", "x"}), "QUEUED");
    EXPECT_EQ(client.call({"EVAL", script, "1", "k"}), "QUEUED");
    EXPECT_EQ(client.call({"SET", "other", "v"}), "QUEUED");
    EXPECT_EQ(client.call({"EXEC"}), "[:1000001 OK OK]");
    EXPECT_TRUE(client.call({"EVAL", script, "1", "k"}).starts_with("-OOM "));
}

}  // namespace
}  // namespace sabil::proxy::resp
