#include "tests/proxy/resp/server_fixture.h"

#include <map>
#include <thread>

namespace sabil::proxy::resp {
namespace {

using namespace std::chrono_literals;

class MovingTest : public ServerTest {
  protected:
    std::map<std::size_t, int> clients_per_worker() {
        std::map<std::size_t, int> counts;
        for (const auto& client : server_->state().clients.all()) ++counts[client->worker().index()];
        return counts;
    }
};

TEST_F(MovingTest, ConnectionsMoveWhileTheyAreUsedAndForgetNothing) {
    start({{"io-threads", "1"}});
    constexpr int clients_count = 12;
    std::vector<TestClient> clients;
    for (int i = 0; i < clients_count; ++i) {
        clients.push_back(connect());
        auto number = std::to_string(i);
        ASSERT_EQ(clients.back().call({"SELECT", std::to_string(i % 3)}), "OK");
        ASSERT_EQ(clients.back().call({"CLIENT", "SETNAME", "client" + number}), "OK");
        ASSERT_EQ(clients.back().call({"WATCH", "watched" + number}), "OK");
        ASSERT_EQ(clients.back().call({"MULTI"}), "OK");
        ASSERT_EQ(clients.back().call({"INCR", "counter" + number}), "QUEUED");
    }
    ASSERT_EQ(clients_per_worker()[0], clients_count);
    auto subscriber = connect();
    ASSERT_EQ(subscriber.call({"SUBSCRIBE", "news"}), "[subscribe news :1]");
    server_->state().spread.set_least(2);
    auto until = std::chrono::steady_clock::now() + 20s;
    int calls = 1;
    while (clients_per_worker()[1] < clients_count / 2 && std::chrono::steady_clock::now() < until) {
        for (auto& client : clients) ASSERT_EQ(client.call({"INCR", "n"}), "QUEUED");
        ++calls;
    }
    EXPECT_GE(clients_per_worker()[1], clients_count / 2);
    for (int i = 0; i < clients_count; ++i) {
        auto answer = clients[static_cast<std::size_t>(i)].call({"EXEC"});
        EXPECT_EQ(answer.substr(0, 3), "[:1") << "the transaction moved with its client";
        EXPECT_EQ(clients[static_cast<std::size_t>(i)].call({"CLIENT", "GETNAME"}), "client" + std::to_string(i));
    }
    auto sum = 0;
    for (int database = 0; database < 3; ++database) {
        auto client = connect();
        client.call({"SELECT", std::to_string(database)});
        sum += std::stoi(client.call({"GET", "n"}));
    }
    EXPECT_EQ(sum, (calls - 1) * clients_count);
    EXPECT_EQ(clients[0].call({"PUBLISH", "news", "x"}), ":1");
    EXPECT_EQ(subscriber.receive(), "[message news x]");
    EXPECT_EQ(clients[0].call({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}).substr(0, 1), ":");
    EXPECT_EQ(clients[1].receive_to_end(), "");
}

}  // namespace
}  // namespace sabil::proxy::resp
