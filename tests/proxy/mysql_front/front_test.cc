#include "proxy/mysql_front/front.h"

#include <gtest/gtest.h>

#include <spdlog/spdlog.h>

#include <algorithm>
#include <future>

#include "cache/store/keyspace.h"
#include "fake_coherence.h"
#include "proxy/net/worker.h"
#include "proxy/observe/face_metrics.h"
#include "scripted_server.h"

namespace sabil::proxy::mysql_front {
namespace {

using namespace std::chrono_literals;

class FrontTest : public ::testing::Test {
  protected:
    FrontTest() {
        spdlog::set_level(spdlog::level::off);
        coherence.all_applied_ = false;
        options.tls.enabled = false;
        options.listen.push_back({"127.0.0.1", 0, ""});
    }
    void TearDown() override {
        if (front) front->stop();
        pool.stop();
        pool.join();
    }
    void open(std::uint16_t backend_port) {
        options.backend.address = {"127.0.0.1", backend_port, ""};
        auto made = MysqlFront::create(options, pool, keyspace, coherence, observe::FaceMetrics(registry, "mysql"));
        ASSERT_TRUE(made) << made.error().message;
        front = std::move(*made);
        pool.start();
        ASSERT_TRUE(front->start());
        port = front->addresses().front().port;
    }
    void open() { open(server.port()); }
    std::uint64_t asked(const std::string& statement) const {
        const auto all = server.statements();
        return static_cast<std::uint64_t>(std::count(all.begin(), all.end(), statement));
    }
    // What the scripted server answers; the row carries a number that grows, so that a hit can be told from a read.
    Answer answer(const std::string& statement) {
        if (statement.starts_with("SLOW")) std::this_thread::sleep_for(100ms);
        if (statement == "HANG UP") return {};
        if (statement.starts_with("SELECT")) {
            if (statement.find("slow") != std::string::npos) std::this_thread::sleep_for(150ms);
            return row_answer({std::to_string(++reads)});
        }
        if (statement == "BEGIN") return {ok_payload(mysql::status::autocommit | mysql::status::in_transaction)};
        if (statement.starts_with("UPDATE")) return {ok_payload(mysql::status::autocommit, last_gtid("0-1-5"))};
        if (statement.starts_with("SET wsrep")) return {ok_payload(mysql::status::autocommit, variable("wsrep_on", "1"))};
        return {ok_payload()};
    }
    static std::string variable(const std::string& name, const std::string& value) {
        return mysql::build_session_state({{mysql::SessionStateType::system_variable, name, value, 0}});
    }
    static std::string last_gtid(const std::string& gtid) { return variable("last_gtid", gtid); }

    MysqlFrontOptions options;
    FakeCoherence coherence;
    cache::Keyspace keyspace;
    observe::Registry registry;
    std::atomic<int> reads{0};
    ScriptedServer server{[this](const std::string& statement) { return answer(statement); }};
    net::WorkerPool pool{2};
    std::unique_ptr<MysqlFront> front;
    std::uint16_t port = 0;
};

TEST_F(FrontTest, ASecondReadComesFromMemoryForEverySession) {
    open();
    ScriptedClient one(port), two(port);
    ASSERT_TRUE(one.logged_in && two.logged_in);
    const auto first = one.query("SELECT a FROM t");
    EXPECT_EQ(first.size(), 4U);
    EXPECT_EQ(one.query("SELECT a FROM t"), first);
    EXPECT_EQ(two.query("SELECT a FROM t"), first);
    EXPECT_EQ(asked("SELECT a FROM t"), 1U);
    coherence.touch("news.t");
    EXPECT_NE(two.query("SELECT a FROM t"), first);
    EXPECT_EQ(asked("SELECT a FROM t"), 2U);
}

TEST_F(FrontTest, TransactionsReadFromTheServer) {
    open();
    ScriptedClient client(port);
    const auto first = client.query("SELECT a FROM t");
    client.query("BEGIN");
    EXPECT_NE(client.query("SELECT a FROM t"), first);
    client.query("COMMIT");
    EXPECT_EQ(client.query("SELECT a FROM t"), first);
}

TEST_F(FrontTest, ASessionSeesItsOwnWrite) {
    open();
    ScriptedClient client(port), other(port);
    const auto first = client.query("SELECT a FROM other_table");
    client.query("UPDATE t SET a = 1");
    EXPECT_NE(client.query("SELECT a FROM other_table"), first) << "0-1-5 is not known to be applied";
    EXPECT_EQ(other.query("SELECT a FROM other_table"), first) << "another session may still read the state before";
    coherence.apply("0-1-5");
    EXPECT_EQ(client.query("SELECT a FROM other_table"), first);
    EXPECT_EQ(coherence.writes(), std::pair(1, 1));
}

TEST_F(FrontTest, ReportsThatTheClientDidNotAskForAreTakenOut) {
    open();
    ScriptedClient client(port);
    EXPECT_EQ(client.query("UPDATE t SET a = 1"), Answer{ok_payload()});
    ScriptedClient tracking(port, mysql::capability::deprecate_eof | mysql::capability::session_track);
    EXPECT_EQ(tracking.query("UPDATE t SET a = 1"), Answer{ok_payload()}) << "last_gtid is not in its list";
}

TEST_F(FrontTest, AnUnknownVariablePinsTheSession) {
    open();
    ScriptedClient client(port);
    const auto first = client.query("SELECT a FROM t");
    client.query("SET wsrep_on = 1");
    EXPECT_NE(client.query("SELECT a FROM t"), first);
    ASSERT_EQ(front->statements().size(), 3U);
    for (const auto& figures : front->statements()) {
        if (figures.text.starts_with("SELECT")) {
            EXPECT_EQ(figures.reason, "unknown_variable");
        }
    }
}

TEST_F(FrontTest, IdenticalMissesMakeOneQuery) {
    open();
    std::vector<std::future<Answer>> answers;
    for (int i = 0; i < 8; ++i) {
        answers.push_back(std::async(std::launch::async, [this] {
            ScriptedClient client(port);
            client.query("SET NAMES utf8mb4");
            return client.query("SELECT slow FROM t");
        }));
    }
    std::vector<Answer> got;
    for (auto& answer : answers) got.push_back(answer.get());
    for (const auto& answer : got) EXPECT_EQ(answer, got.front());
    EXPECT_EQ(asked("SELECT slow FROM t"), 1U);
}

TEST_F(FrontTest, WithoutAFloorNothingIsKept) {
    open();
    coherence.touch("news.t");  // so that the floor has to be asked for
    coherence.floor_known_ = false;
    coherence.confirmed_ = false;
    ScriptedClient client(port);
    const auto first = client.query("SELECT a FROM t");
    EXPECT_NE(client.query("SELECT a FROM t"), first);
}

TEST_F(FrontTest, AnotherServerThanTheOneFollowedIsNotCached) {
    coherence.identity_ = "another one";
    open();
    ScriptedClient client(port);
    const auto first = client.query("SELECT a FROM t");
    EXPECT_NE(client.query("SELECT a FROM t"), first);
}

TEST_F(FrontTest, CoherenceOffPassesEverything) {
    coherence.mode_ = CoherenceMode::off;
    open();
    ScriptedClient client(port);
    const auto first = client.query("SELECT a FROM t");
    EXPECT_NE(client.query("SELECT a FROM t"), first);
}

TEST_F(FrontTest, PurgeAndRulesEndWhatWasFilled) {
    open();
    ScriptedClient client(port);
    auto last = client.query("SELECT a FROM t");
    std::string digest;
    for (const auto& figures : front->statements()) {
        if (figures.text.starts_with("SELECT")) digest = figures.digest;
    }
    EXPECT_FALSE(front->purge_statement("0000"));
    EXPECT_TRUE(front->purge_statement(digest)) << "even where the answer is out and the entry not yet stored";
    EXPECT_NE(client.query("SELECT a FROM t"), last);
    const std::string tagged = "SELECT a FROM t /* sabil:tag=front */";
    last = client.query(tagged);
    EXPECT_EQ(client.query(tagged), last);
    front->purge_tag("front");
    EXPECT_NE(client.query(tagged), last);
    last = client.query("SELECT a FROM t");
    EXPECT_EQ(client.query("/* trace */ SELECT a FROM t -- more"), last);
    ASSERT_TRUE(front->set_rules({{"", "", "t", "", false, {}, {}}}));
    EXPECT_NE(client.query("SELECT a FROM t"), last);
    EXPECT_FALSE(front->set_rules({{"", "", "", "(", false, {}, {}}}));
}

TEST_F(FrontTest, AnUnreachableServerIsNamed) {
    std::uint16_t closed_port = 0;
    ::close(listen_on_free_port(closed_port));
    open(closed_port);
    ScriptedClient client(port);
    EXPECT_FALSE(client.logged_in);
    auto error = mysql::parse_err(client.greeting);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->number, 2003);
    EXPECT_NE(std::string(error->message).find("127.0.0.1:" + std::to_string(closed_port)), std::string::npos);
}

TEST_F(FrontTest, AServerThatDoesNotAnswerIsGivenUp) {
    std::uint16_t silent_port = 0;
    const int silent = listen_on_free_port(silent_port);
    options.login_limit = 300ms;
    open(silent_port);
    const auto began = std::chrono::steady_clock::now();
    ScriptedClient client(port);
    EXPECT_FALSE(client.logged_in);
    EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
    ::close(silent);
}

TEST_F(FrontTest, ALostServerClosesTheClient) {
    open();
    ScriptedClient client(port);
    client.send("HANG UP");
    EXPECT_TRUE(client.closed());
}

TEST_F(FrontTest, ConnectionsAreBounded) {
    options.connections_count_max = 1;
    open();
    ScriptedClient one(port);
    ASSERT_TRUE(one.logged_in);
    ScriptedClient two(port);
    EXPECT_FALSE(two.logged_in);
    auto error = mysql::parse_err(two.greeting);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->number, 1040);
}

TEST_F(FrontTest, AcknowledgementsWaitUntilApplied) {
    options.write_ack = WriteAck::applied;
    options.write_ack_limit = 200ms;
    open();
    ScriptedClient client(port);
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(client.query("UPDATE t SET a = 1"), Answer{ok_payload()});
    EXPECT_GE(std::chrono::steady_clock::now() - began, 200ms);
    coherence.apply("0-1-5");
    const auto again = std::chrono::steady_clock::now();
    client.query("UPDATE t SET a = 1");
    EXPECT_LT(std::chrono::steady_clock::now() - again, 150ms);
}

TEST_F(FrontTest, PipelinedCommandsAreAnsweredInOrder) {
    open();
    ScriptedClient client(port);
    const auto first = client.query("SELECT a FROM t");
    for (int i = 0; i < 50; ++i) {
        client.send("SELECT a FROM t");
        client.send("SET @x = 1");
    }
    for (int i = 0; i < 50; ++i) {
        ASSERT_EQ(client.receive(), first) << i;
        ASSERT_EQ(client.receive(), Answer{ok_payload()}) << i;
    }
    EXPECT_EQ(asked("SELECT a FROM t"), 1U);
}

TEST_F(FrontTest, AServerWithoutTrackingIsNotCached) {
    server.capabilities = scripted_capabilities & ~mysql::capability::session_track;
    open();
    ScriptedClient client(port);
    const auto first = client.query("SELECT a FROM t");
    EXPECT_NE(client.query("SELECT a FROM t"), first);
}

TEST_F(FrontTest, SessionsMoveWhileTheyAreUsedAndForgetNothing) {
    open();
    constexpr std::size_t clients_count = 12;
    std::vector<std::unique_ptr<ScriptedClient>> clients;
    for (std::size_t i = 0; i < clients_count; ++i) {
        clients.push_back(std::make_unique<ScriptedClient>(port));
        ASSERT_TRUE(clients.back()->logged_in);
        if (i % 2 == 1) clients.back()->query("SET wsrep_on = 1");
    }
    EXPECT_EQ(front->connections_on(0), clients_count) << "few workers serve as long as they keep up";
    const auto kept = clients[0]->query("SELECT a FROM t");
    front->set_least_workers(2);
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (front->connections_on(1) < clients_count / 2 && std::chrono::steady_clock::now() < until) {
        for (std::size_t i = 0; i < clients_count; ++i) {
            const auto got = clients[i]->query("SELECT a FROM t");
            ASSERT_EQ(got.size(), kept.size());
            ASSERT_EQ(got == kept, i % 2 == 0) << i;
        }
    }
    EXPECT_EQ(front->connections_on(1), clients_count / 2);
    for (std::size_t i = 0; i < clients_count; ++i) {
        EXPECT_EQ(clients[i]->query("SELECT a FROM t") == kept, i % 2 == 0) << i;
    }
    for (auto& client : clients) {
        client->send("HANG UP");
        EXPECT_TRUE(client->closed());
    }
    const auto gone = std::chrono::steady_clock::now() + 10s;
    while (front->connections() > 0 && std::chrono::steady_clock::now() < gone) std::this_thread::sleep_for(1ms);
    EXPECT_EQ(front->connections_on(0) + front->connections_on(1), 0U);
}

TEST_F(FrontTest, StopEndsEverySession) {
    open();
    ScriptedClient one(port), two(port);
    one.query("SELECT a FROM t");
    EXPECT_EQ(front->connections(), 2U);
    front->stop();
    EXPECT_EQ(front->connections(), 0U);
    EXPECT_TRUE(one.closed());
}

}  // namespace
}  // namespace sabil::proxy::mysql_front
