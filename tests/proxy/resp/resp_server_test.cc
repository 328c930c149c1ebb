#include "tests/proxy/resp/server_fixture.h"

#include "cache/store/database.h"
#include "cache/store/lock_set.h"
#include "proxy/resp/read_through.h"

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

namespace sabil::proxy::resp {
namespace {

using namespace std::chrono_literals;

class RespServerTest : public ServerTest {};

TEST_F(RespServerTest, AnswersPipelinedCommandsInOrder) {
    start();
    auto client = connect();
    client.send_bytes("PING\r\nSET a 1\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\nNOSUCH x y\r\nGET\r\nINCR a\r\n");
    EXPECT_EQ(client.receive(), "PONG");
    EXPECT_EQ(client.receive(), "OK");
    EXPECT_EQ(client.receive(), "1");
    EXPECT_EQ(client.receive(), "-ERR unknown command 'NOSUCH', with args beginning with: 'x' 'y' ");
    EXPECT_EQ(client.receive(), "-ERR wrong number of arguments for 'get' command");
    EXPECT_EQ(client.receive(), ":2");
}

TEST_F(RespServerTest, TakesLargePipelinesAndValues) {
    start();
    auto client = connect();
    std::string large(3 << 20, 'x');
    EXPECT_EQ(client.call({"SET", "large", large}), "OK");
    EXPECT_EQ(client.call({"GET", "large"}), large);
    std::string pipeline;
    for (int i = 0; i < 20'000; ++i) pipeline += "*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n";
    std::thread sender([&] { client.send_bytes(pipeline); });
    for (int i = 1; i <= 20'000; ++i) ASSERT_EQ(client.receive(), ":" + std::to_string(i));
    sender.join();
}

TEST_F(RespServerTest, ClosesAfterAProtocolError) {
    start();
    auto client = connect();
    client.send_bytes("PING\r\n*1\r\n$-5\r\nPING\r\n");
    EXPECT_EQ(client.receive_to_end(), "+PONG\r\n-ERR Protocol error: invalid bulk length\r\n");
}

TEST_F(RespServerTest, ChecksPasswordsAndUsers) {
    start({{"requirepass", "secret"}});
    auto client = connect();
    EXPECT_EQ(client.call({"GET", "a"}), "-NOAUTH Authentication required.");
    EXPECT_EQ(client.call({"AUTH", "wrong"}), "-WRONGPASS invalid username-password pair or user is disabled.");
    EXPECT_EQ(client.call({"AUTH", "secret"}), "OK");
    EXPECT_EQ(client.call({"ACL", "SETUSER", "ann", "on", ">pw", "~app:*", "+get", "+set"}), "OK");
    auto other = connect();
    EXPECT_EQ(other.call({"AUTH", "ann", "pw"}), "OK");
    EXPECT_EQ(other.call({"SET", "app:1", "v"}), "OK");
    EXPECT_EQ(other.call({"SET", "x", "v"}), "-NOPERM No permissions to access a key");
    EXPECT_EQ(other.call({"DEL", "app:1"}), "-NOPERM User ann has no permissions to run the 'del' command");
    EXPECT_EQ(client.call({"ACL", "SETUSER", "ann", "+del"}), "OK");
    EXPECT_EQ(other.call({"DEL", "app:1"}), ":1");
    EXPECT_EQ(client.call({"ACL", "DELUSER", "ann"}), ":1");
    EXPECT_NE(other.call({"GET", "app:1"}), "v");
}

TEST_F(RespServerTest, RunsTransactionsWhole) {
    start();
    auto client = connect();
    EXPECT_EQ(client.call({"MULTI"}), "OK");
    EXPECT_EQ(client.call({"SET", "a", "1"}), "QUEUED");
    EXPECT_EQ(client.call({"INCR", "a"}), "QUEUED");
    EXPECT_EQ(client.call({"LPUSH", "a", "x"}), "QUEUED");
    EXPECT_EQ(client.call({"EXEC"}),
              "[OK :2 -WRONGTYPE Operation against a key holding the wrong kind of value]");
    EXPECT_EQ(client.call({"MULTI"}), "OK");
    EXPECT_EQ(client.call({"NOSUCH"}), "-ERR unknown command 'NOSUCH', with args beginning with: ");
    EXPECT_EQ(client.call({"EXEC"}), "-EXECABORT Transaction discarded because of previous errors.");
    EXPECT_EQ(client.call({"EXEC"}), "-ERR EXEC without MULTI");
}

TEST_F(RespServerTest, WatchSeesChangesExpiryAndFlush) {
    start();
    auto client = connect();
    auto other = connect();
    auto attempt = [&](auto change) {
        client.call({"WATCH", "w"});
        change();
        client.call({"MULTI"});
        client.call({"PING"});
        return client.call({"EXEC"});
    };
    EXPECT_EQ(attempt([] {}), "[PONG]");
    EXPECT_EQ(attempt([&] { other.call({"SET", "other", "1"}); }), "[PONG]");
    EXPECT_EQ(attempt([&] { other.call({"SET", "w", "1"}); }), "nil");
    EXPECT_EQ(attempt([&] { other.call({"FLUSHALL"}); }), "nil");
    EXPECT_EQ(attempt([&] { other.call({"FLUSHALL"}); }), "[PONG]");
    client.call({"SET", "w", "1", "PX", "30"});
    EXPECT_EQ(attempt([&] { std::this_thread::sleep_for(60ms); }), "nil");
    client.call({"SET", "w", "1"});
    EXPECT_EQ(attempt([&] { other.call({"SWAPDB", "0", "1"}); }), "nil");
}

TEST_F(RespServerTest, CountersStayExactUnderManyConnections) {
    start({}, {}, 3);
    constexpr int clients = 6;
    constexpr int rounds = 300;
    std::vector<std::thread> threads;
    for (int c = 0; c < clients; ++c) {
        threads.emplace_back([this] {
            auto client = connect();
            for (int i = 0; i < rounds;) {
                client.call({"WATCH", "n"});
                auto now = client.call({"GET", "n"});
                auto next = std::to_string((now == "nil" ? 0 : std::stoi(now)) + 1);
                client.call({"MULTI"});
                client.call({"SET", "n", next});
                client.call({"INCR", "m"});
                if (client.call({"EXEC"}) != "nil") ++i;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    auto client = connect();
    EXPECT_EQ(client.call({"MGET", "n", "m"}), "[1800 1800]");
}

TEST_F(RespServerTest, DeliversMessagesAcrossWorkers) {
    start();
    std::vector<TestClient> subscribers;
    for (int i = 0; i < 4; ++i) subscribers.push_back(connect());
    EXPECT_EQ(subscribers[0].call({"HELLO", "3"}).substr(0, 14), "[server sabil ");
    for (auto& subscriber : subscribers) subscriber.call({"SUBSCRIBE", "news"});
    EXPECT_EQ(subscribers[1].call({"PSUBSCRIBE", "n?ws"}), "[psubscribe n?ws :2]");
    EXPECT_EQ(subscribers[1].call({"GET", "a"}),
              "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this "
              "context");
    auto publisher = connect();
    EXPECT_EQ(publisher.call({"PUBLISH", "news", "hello"}), ":5");
    EXPECT_EQ(subscribers[0].receive(), ">[message news hello]");
    EXPECT_EQ(subscribers[1].receive(), "[message news hello]");
    EXPECT_EQ(subscribers[1].receive(), "[pmessage n?ws news hello]");
    EXPECT_EQ(subscribers[2].receive(), "[message news hello]");
    EXPECT_EQ(subscribers[3].receive(), "[message news hello]");
    EXPECT_EQ(publisher.call({"PUBSUB", "NUMSUB", "news"}), "[news :4]");
}

TEST_F(RespServerTest, TellsOfNewKeysAndOfMissesWhereAskedTo) {
    start({{"notify-keyspace-events", "Emn"}});
    auto listener = connect(), client = connect();
    listener.call({"PSUBSCRIBE", "__keyevent@0__:*"});
    ASSERT_EQ(client.call({"SET", "foo", "bar"}), "OK");
    ASSERT_EQ(client.call({"SET", "foo", "baz"}), "OK");
    ASSERT_EQ(client.call({"GET", "none"}), "nil");
    ASSERT_EQ(client.call({"LPUSH", "list", "a"}), ":1");
    EXPECT_EQ(listener.receive(), "[pmessage __keyevent@0__:* __keyevent@0__:new foo]");
    EXPECT_EQ(listener.receive(), "[pmessage __keyevent@0__:* __keyevent@0__:keymiss none]");
    EXPECT_EQ(listener.receive(), "[pmessage __keyevent@0__:* __keyevent@0__:new list]");
}

TEST_F(RespServerTest, TellsOfKeyspaceEvents) {
    start({{"notify-keyspace-events", "KEA"}});
    auto listener = connect();
    listener.call({"PSUBSCRIBE", "__key*__:*"});
    auto client = connect();
    client.call({"SET", "k", "v"});
    EXPECT_EQ(listener.receive(), "[pmessage __key*__:* __keyspace@0__:k set]");
    EXPECT_EQ(listener.receive(), "[pmessage __key*__:* __keyevent@0__:set k]");
}

TEST_F(RespServerTest, InvalidatesWhatTrackingClientsRead) {
    start();
    auto tracker = connect();
    tracker.call({"HELLO", "3"});
    EXPECT_EQ(tracker.call({"CLIENT", "TRACKING", "ON"}), "OK");
    auto client = connect();
    client.call({"SET", "k", "1"});
    EXPECT_EQ(tracker.call({"GET", "k"}), "1");
    client.call({"SET", "k", "2"});
    EXPECT_EQ(tracker.receive(), ">[invalidate [k]]");
    client.call({"SET", "k", "3"});
    EXPECT_EQ(tracker.receive(100ms), "timeout");
    EXPECT_EQ(tracker.call({"GET", "k"}), "3");
    client.call({"FLUSHALL"});
    EXPECT_EQ(tracker.receive(), ">[invalidate nil]");
}

// Who keeps a cache of its own reads after its own write.
TEST_F(RespServerTest, TellsAWriterOfItsOwnWritesRightAfterTheReply) {
    start();
    auto client = connect();
    client.call({"HELLO", "3"});
    for (const auto* broadcast : {"", " BCAST"}) {
        client.send_bytes("CLIENT TRACKING ON" + std::string(broadcast) + "\r\n");
        EXPECT_EQ(client.receive(), "OK");
        client.send_bytes("GET k\r\nSET k 1\r\nPING\r\n");
        client.receive();
        EXPECT_EQ(client.receive(), "OK");
        EXPECT_EQ(client.receive(), ">[invalidate [k]]") << broadcast;
        EXPECT_EQ(client.receive(), "PONG");
        client.send_bytes("GET k\r\nMULTI\r\nDEL k\r\nEXEC\r\nPING\r\n");
        for (const auto* reply : {"1", "OK", "QUEUED", "[:1]", ">[invalidate [k]]", "PONG"}) EXPECT_EQ(client.receive(), reply);
        EXPECT_EQ(client.call({"CLIENT", "TRACKING", "OFF"}), "OK");
    }
    client.call({"CLIENT", "TRACKING", "ON"});
    client.send_bytes("GET k\r\nCLIENT REPLY SKIP\r\nSET k 1\r\nPING\r\n");
    client.receive();
    EXPECT_EQ(client.receive(), ">[invalidate [k]]") << "what is pushed is no reply";
    EXPECT_EQ(client.receive(), "PONG");
}

TEST_F(RespServerTest, MonitorShowsScriptsThatAreUnknown) {
    start();
    auto monitor = connect(), client = connect();
    EXPECT_EQ(monitor.call({"MONITOR"}), "OK");
    EXPECT_EQ(client.call({"EVALSHA", "ffff", "0"}), "-NOSCRIPT No matching script. Please use EVAL.");
    EXPECT_NE(monitor.receive().find("\"EVALSHA\" \"ffff\" \"0\""), std::string::npos);
    EXPECT_EQ(client.call({"EVAL", "return redis.call('get', 'k')", "0"}), "nil");
    EXPECT_NE(monitor.receive().find("\"EVAL\" "), std::string::npos) << "before what it runs";
    EXPECT_NE(monitor.receive().find("lua] \"get\" \"k\""), std::string::npos);
}

TEST_F(RespServerTest, ServesBlockedClientsInTheirOrder) {
    start();
    auto first = connect();
    auto second = connect();
    auto pusher = connect();
    first.send({"BLPOP", "list", "0"});
    wait_for_blocked(pusher, "1");
    second.send({"BLPOP", "other", "list", "0"});
    wait_for_blocked(pusher, "2");
    EXPECT_EQ(pusher.call({"RPUSH", "list", "a", "b", "c"}), ":3");
    EXPECT_EQ(first.receive(), "[list a]");
    EXPECT_EQ(second.receive(), "[list b]");
    EXPECT_EQ(pusher.call({"LRANGE", "list", "0", "-1"}), "[c]");
    first.send({"BLPOP", "empty", "0.05"});
    EXPECT_EQ(first.receive(), "nil");
    auto id = first.call({"CLIENT", "ID"}).substr(1);
    first.send({"BLMOVE", "empty", "target", "LEFT", "RIGHT", "0"});
    wait_for_blocked(pusher, "1");
    EXPECT_EQ(pusher.call({"CLIENT", "UNBLOCK", id, "ERROR"}), ":1");
    EXPECT_EQ(first.receive(), "-UNBLOCKED client unblocked via CLIENT UNBLOCK");
}

TEST_F(RespServerTest, ServesChainsOfBlockedMoves) {
    start();
    auto mover = connect();
    auto taker = connect();
    auto pusher = connect();
    taker.send({"BLPOP", "end", "0"});
    mover.send({"BLMOVE", "start", "end", "LEFT", "RIGHT", "0"});
    wait_for_blocked(pusher, "2");
    EXPECT_EQ(pusher.call({"RPUSH", "start", "x"}), ":1");
    EXPECT_EQ(mover.receive(), "x");
    EXPECT_EQ(taker.receive(), "[end x]");
}

TEST_F(RespServerTest, SetsParametersAllOrNone) {
    start();
    auto client = connect();
    EXPECT_EQ(client.call({"CONFIG", "SET", "maxmemory", "100mb", "timeout", "5"}), "OK");
    EXPECT_EQ(client.call({"CONFIG", "GET", "maxmemory", "timeout"}), "[maxmemory 104857600 timeout 5]");
    EXPECT_EQ(client.call({"CONFIG", "SET", "timeout", "7", "maxmemory", "x"}),
              "-ERR CONFIG SET failed (possibly related to argument 'maxmemory') - argument must be a memory value");
    EXPECT_EQ(client.call({"CONFIG", "GET", "timeout"}), "[timeout 5]");
    EXPECT_EQ(client.call({"CONFIG", "SET", "nosuch", "1"}),
              "-ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'");
}

TEST_F(RespServerTest, HoldsBackCommandsDuringAPause) {
    start();
    auto client = connect();
    auto other = connect();
    EXPECT_EQ(client.call({"CLIENT", "PAUSE", "10000", "WRITE"}), "OK");
    EXPECT_EQ(other.call({"GET", "k"}), "nil");
    other.send({"SET", "k", "1"});
    EXPECT_EQ(other.receive(100ms), "timeout");
    EXPECT_EQ(client.call({"CLIENT", "UNPAUSE"}), "OK");
    EXPECT_EQ(other.receive(), "OK");
}

TEST_F(RespServerTest, KillsAndLimitsConnections) {
    start({{"maxclients", "2"}});
    auto client = connect();
    auto other = connect();
    EXPECT_EQ(client.call({"CLIENT", "SETNAME", "me"}), "OK");
    EXPECT_EQ(other.call({"PING"}), "PONG");
    auto third = connect();
    EXPECT_EQ(third.receive_to_end(), "-ERR max number of clients reached\r\n");
    EXPECT_NE(client.call({"CLIENT", "LIST"}).find("name=me"), std::string::npos);
    EXPECT_EQ(client.call({"CLIENT", "KILL", "SKIPME", "yes"}), ":1");
    EXPECT_EQ(other.receive(), "closed");
}

// Fills keys "db:..." with their own name; "slow:..." after a while on another thread; "down:..." not at all.
class TestLookups final : public ReadThrough {
  public:
    explicit TestLookups(cache::Keyspace& keyspace) : keyspace_(keyspace) {}
    ~TestLookups() override {
        for (auto& thread : threads_) thread.join();
    }
    bool empty() const noexcept override { return false; }
    std::string_view match(std::string_view key) const noexcept override {
        return key.find(':') != std::string_view::npos ? std::string_view("test") : std::string_view();
    }
    void fill(unsigned, std::string key, std::function<void(FillResult)> done) override {
        ++fills;
        if (key.rfind("down:", 0) == 0) return done({FillOutcome::unavailable, "no answer", {}});
        auto put = [key](cache::Database& database) {
            database.fill(cache::KeyRef(key), cache::Value::string("value of " + key), std::make_unique<Always>());
        };
        if (key.rfind("once:", 0) == 0) return done({FillOutcome::one_shot, "", put});
        std::lock_guard lock(mutex_);
        threads_.emplace_back([this, key, put, done = std::move(done)] {
            std::this_thread::sleep_for(20ms);
            {
                cache::KeyRef ref(key);
                cache::LockSet locks(keyspace_, ref);
                cache::Database database(keyspace_, 0);
                put(database);
            }
            done({});
        });
    }
    void count_hit(std::string_view) noexcept override { ++hits; }
    void time_hits(std::uint32_t count, std::chrono::nanoseconds) noexcept override { timed += count; }

    std::atomic<int> fills{0};
    std::atomic<int> hits{0};
    std::atomic<std::uint32_t> timed{0};

  private:
    struct Always final : cache::Provenance {
        bool servable() const noexcept override { return true; }
        std::size_t heap_bytes() const noexcept override { return sizeof *this; }
    };
    cache::Keyspace& keyspace_;
    std::mutex mutex_;
    std::vector<std::thread> threads_;
};

TEST_F(RespServerTest, FillsMissingKeysBeforeTheCommandRuns) {
    TestLookups lookups(keyspace_);
    ServerServices services;
    services.read_through = &lookups;
    start({}, services);
    auto client = connect();
    client.send_bytes("GET db:1\r\nGET plain\r\nMGET db:1 db:2 plain\r\n");
    EXPECT_EQ(client.receive(), "value of db:1");
    EXPECT_EQ(client.receive(), "nil");
    EXPECT_EQ(client.receive(), "[value of db:1 value of db:2 nil]");
    EXPECT_EQ(lookups.fills, 2);
    EXPECT_EQ(client.call({"GET", "down:1"}), "-MYSQLDOWN no answer");
    EXPECT_EQ(client.call({"SET", "db:1", "x"}),
              "-LOOKUP key is filled from MySQL by lookup 'test'; change the row instead");
    EXPECT_EQ(client.call({"DEL", "db:1"}), ":1");
    EXPECT_EQ(client.call({"STRLEN", "db:1"}), ":13");
    EXPECT_EQ(client.call({"GET", "once:1"}), "value of once:1");
    EXPECT_EQ(client.call({"DBSIZE"}), ":2");
    auto timed_before = lookups.timed.load();
    EXPECT_EQ(client.call({"MGET", "db:1", "db:2"}), "[value of db:1 value of db:2]");
    EXPECT_EQ(lookups.timed, timed_before + 2);
    EXPECT_EQ(client.call({"MULTI"}), "OK");
    EXPECT_EQ(client.call({"GET", "db:7"}), "QUEUED");
    EXPECT_EQ(client.call({"EXEC"}), "[value of db:7]");
    server_->stop();
}

}  // namespace
}  // namespace sabil::proxy::resp
