// A RESP server in this process on free ports, and a client that speaks to it over real sockets.
#pragma once

#include "cache/store/keyspace.h"
#include "proxy/resp/resp_server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sabil::proxy::resp {

// Blocking, with a limit on every wait. Replies come as text: "OK", ":1", "-ERR ...", "[a b]", "nil".
class TestClient {
  public:
    explicit TestClient(std::uint16_t port);
    ~TestClient();
    TestClient(TestClient&& other) noexcept;
    TestClient& operator=(TestClient&&) = delete;

    std::string call(std::initializer_list<std::string_view> args);
    void send(std::initializer_list<std::string_view> args);
    void send_bytes(std::string_view bytes);
    // The next reply; "timeout" after `limit`, "closed" where the server hung up.
    std::string receive(std::chrono::milliseconds limit = std::chrono::seconds(5));
    // Everything up to the end of the connection.
    std::string receive_to_end();
    void half_close();

  private:
    bool fill(std::chrono::steady_clock::time_point deadline);
    std::string line(std::chrono::steady_clock::time_point deadline);
    std::string parse(std::chrono::steady_clock::time_point deadline);

    int socket_ = -1;
    std::string buffer_;
    std::string failure_;
};

class ServerTest : public testing::Test {
  protected:
    void start(std::vector<std::pair<std::string, std::string>> parameters = {}, ServerServices services = {},
               std::size_t workers = 2);
    void TearDown() override;
    TestClient connect() { return TestClient(port_); }
    // What INFO says of a field; "absent" where it has none.
    static std::string info(TestClient& client, std::string_view section, const std::string& field);
    // Fails where there are not so many within 20 s.
    static void wait_for_blocked(TestClient& client, const std::string& count);

    cache::Keyspace keyspace_;
    std::unique_ptr<net::WorkerPool> workers_;
    std::unique_ptr<RespServer> server_;
    std::uint16_t port_ = 0;
};

}  // namespace sabil::proxy::resp
