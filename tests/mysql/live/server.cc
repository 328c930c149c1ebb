#include "tests/mysql/live/server.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

namespace sabil::mysql::live {

namespace {

std::string needed(const std::string& name) {
    const char* value = std::getenv(name.c_str());
    if (value != nullptr && *value != '\0') return value;
    std::cerr << "\n*** " << name << " is not set: the live tests CANNOT RUN and nothing was tested.\n"
              << "*** Run them as: python3 -m tests.support.servers mariadb mysql -- build-dev/mysql_live_test\n";
    std::exit(1);
}

Server from_environment(const std::string& name, const std::string& variable) {
    const auto address = needed(variable);
    const auto colon = address.rfind(':');
    Server server;
    server.name = name;
    server.tcp.host = address.substr(0, colon);
    server.tcp.port = static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1)));
    server.socket = needed(variable + "_SOCKET");
    return server;
}

}  // namespace

ConnectOptions Server::sabil() const {
    ConnectOptions options;
    options.endpoint = tcp;
    options.user = "sabil";
    options.password = "secret";
    return options;
}

ConnectOptions Server::root() const {
    ConnectOptions options;
    options.endpoint.socket = socket;
    options.user = "root";
    return options;
}

const Server& mariadb() {
    static const auto server = from_environment("mariadb", "SABIL_TEST_MARIADB");
    return server;
}
const Server& mysql() {
    static const auto server = from_environment("mysql", "SABIL_TEST_MYSQL");
    return server;
}

bool run_until(asio::io_context& io, const bool& done) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    io.restart();
    while (!done && std::chrono::steady_clock::now() < end) io.run_one_for(std::chrono::milliseconds(100));
    return done;
}

Root::Root(const Server& server) : connection_(io_) {
    bool done = false;
    connection_.async_connect(server.root(), [&](Result<void> result) {
        done = true;
        if (!result) ADD_FAILURE() << result.error().message;
    });
    EXPECT_TRUE(run_until(io_, done));
}

Result<QueryResult> Root::try_sql(const std::string& text) {
    bool done = false;
    Result<QueryResult> out = fail(ErrorCode::timeout, "no answer");
    connection_.async_query(text, std::chrono::seconds(15), 64U << 20, [&](Result<QueryResult> result) {
        done = true;
        out = std::move(result);
    });
    EXPECT_TRUE(run_until(io_, done));
    return out;
}

QueryResult Root::sql(const std::string& text) {
    auto result = try_sql(text);
    if (!result) {
        ADD_FAILURE() << text << ": " << result.error().message;
        return {};
    }
    return std::move(*result);
}

}  // namespace sabil::mysql::live
