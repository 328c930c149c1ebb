#include "proxy/observe/http_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>

namespace sabil::proxy::observe {
namespace {

HttpSources sources() {
    HttpSources out;
    out.prometheus = [] { return std::string("up 1\n"); };
    out.open_metrics = [] { return std::string("up 1\n# EOF\n"); };
    out.readiness = [] { return Readiness{false, "MySQL is away"}; };
    out.status_json = [] { return std::string("{\"mode\":\"off\"}"); };
    out.lookups_json = [] { return std::string("[]"); };
    out.queries_json = [](std::size_t limit, std::string_view by) {
        return "[\"" + std::to_string(limit) + std::string(by) + "\"]";
    };
    out.events_json = [] { return std::string("[\"event\"]"); };
    out.live_json = [](std::uint64_t after) { return "{\"after\":" + std::to_string(after) + "}"; };
    out.purge = [](std::string_view scope, std::string_view what) -> Result<std::uint64_t> {
        if (scope != "table") return fail(ErrorCode::invalid, "scope must be table");
        if (what != "news.articles") return fail(ErrorCode::not_found, "no such table");
        return 7;
    };
    return out;
}

net::Address any_port() {
    return net::parse_address("127.0.0.1:0").value();
}

int dial(std::uint16_t port) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_port = htons(port);
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
    return fd;
}

std::string read_all(int fd) {
    std::string out;
    char buffer[4096];
    for (ssize_t n = 0; (n = read(fd, buffer, sizeof buffer)) > 0;) out.append(buffer, static_cast<std::size_t>(n));
    close(fd);
    return out;
}

std::string get(std::uint16_t port, const std::string& path, const std::string& headers = "") {
    int fd = dial(port);
    auto request = "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" + headers + "\r\n";
    EXPECT_EQ(write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
    return read_all(fd);
}

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST(HttpServer, PurgesOnPostOnly) {
    HttpServer server(sources(), {});
    auto address = server.open(any_port());
    ASSERT_TRUE(address);
    auto post = [&](const std::string& query, const std::string& headers = "") {
        int fd = dial(address->port);
        auto request = "POST /api/purge" + query + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" +
                       "Content-Length: 0\r\n" + headers + "\r\n";
        EXPECT_EQ(write(fd, request.data(), request.size()), static_cast<ssize_t>(request.size()));
        return read_all(fd);
    };
    EXPECT_TRUE(has(post("?scope=table&what=news.articles"), "{\"dropped\":7}"));
    EXPECT_TRUE(has(post("?scope=table&what=none"), "HTTP/1.1 404"));
    EXPECT_TRUE(has(post("?scope=all"), "HTTP/1.1 400"));
    EXPECT_TRUE(has(post("?scope=table&what=news.articles", "Origin: http://evil.example\r\n"), "HTTP/1.1 403"));
    EXPECT_TRUE(has(get(address->port, "/api/purge?scope=table&what=news.articles"), "HTTP/1.1 404"));
}

TEST(HttpServer, ServesEachPath) {
    HttpServer server(sources(), {});
    auto address = server.open(any_port());
    ASSERT_TRUE(address);
    ASSERT_NE(address->port, 0);
    auto port = address->port;
    EXPECT_TRUE(has(get(port, "/metrics"), "version=0.0.4"));
    EXPECT_TRUE(has(get(port, "/metrics", "Accept: application/openmetrics-text; version=1.0.0\r\n"), "# EOF"));
    EXPECT_TRUE(has(get(port, "/healthz"), "HTTP/1.1 200"));
    EXPECT_TRUE(has(get(port, "/readyz"), "HTTP/1.1 503"));
    EXPECT_TRUE(has(get(port, "/readyz"), "not ready: MySQL is away"));
    EXPECT_TRUE(has(get(port, "/api/status"), "{\"mode\":\"off\"}"));
    EXPECT_TRUE(has(get(port, "/api/lookups"), "[]"));
    EXPECT_TRUE(has(get(port, "/api/queries"), "[\"50hits\"]"));
    EXPECT_TRUE(has(get(port, "/api/queries?limit=3&by=saved"), "[\"3saved\"]"));
    EXPECT_TRUE(has(get(port, "/api/events"), "[\"event\"]"));
    EXPECT_TRUE(has(get(port, "/api/live?after=12"), "{\"after\":12}"));
    EXPECT_TRUE(has(get(port, "/api/live?after=x"), "{\"after\":0}"));
    EXPECT_TRUE(has(get(port, "/"), "<title>Sabil</title>"));
    EXPECT_TRUE(has(get(port, "/page.js"), "text/javascript"));
    EXPECT_TRUE(has(get(port, "/nothing"), "no such page: /nothing"));
}

TEST(HttpServer, RefusesBadParameters) {
    HttpServer server(sources(), {});
    auto port = server.open(any_port())->port;
    EXPECT_TRUE(has(get(port, "/api/queries?limit=x"), "HTTP/1.1 400"));
    EXPECT_TRUE(has(get(port, "/api/queries?limit=1001"), "HTTP/1.1 400"));
    EXPECT_TRUE(has(get(port, "/api/queries?by=name"), "by must be one of"));
}

TEST(HttpServer, AsksForThePassword) {
    HttpServer server(sources(), {"secret"});
    auto port = server.open(any_port())->port;
    EXPECT_TRUE(has(get(port, "/healthz"), "HTTP/1.1 200"));
    for (const auto* path : {"/", "/metrics", "/api/status", "/page.js"}) {
        EXPECT_TRUE(has(get(port, path), "HTTP/1.1 401")) << path;
    }
    // any:secret and any:wrong
    EXPECT_TRUE(has(get(port, "/metrics", "Authorization: Basic YW55OnNlY3JldA==\r\n"), "up 1"));
    EXPECT_TRUE(has(get(port, "/metrics", "Authorization: Basic YW55Ondyb25n\r\n"), "HTTP/1.1 401"));
    EXPECT_TRUE(has(get(port, "/metrics", "Authorization: Bearer secret\r\n"), "HTTP/1.1 401"));
}

TEST(HttpServer, SaysWhyItCannotListen) {
    HttpServer first(sources(), {});
    auto address = first.open(any_port());
    HttpServer second(sources(), {});
    auto taken = second.open(*address);
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().message, "cannot listen on " + address->text() + " for http: Address already in use");
}

TEST(HttpServer, ServesUnixSockets) {
    auto path = testing::TempDir() + "sabil_http_test.sock";
    {
        HttpServer server(sources(), {});
        ASSERT_TRUE(server.open(net::parse_address("unix:" + path).value()));
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un name{};
        name.sun_family = AF_UNIX;
        std::strcpy(name.sun_path, path.c_str());
        ASSERT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
        std::string request = "GET /api/status HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
        ASSERT_GT(write(fd, request.data(), request.size()), 0);
        EXPECT_TRUE(has(read_all(fd), "HTTP/1.1 200"));
    }
    EXPECT_NE(access(path.c_str(), F_OK), 0);
}

TEST(HttpServer, SurvivesRubbishAndMoreClientsThanThreads) {
    HttpServer server(sources(), {});
    auto port = server.open(any_port())->port;
    for (const auto& rubbish : {std::string("\0\xff\r\n\r\n", 6), std::string(100000, char{65}),
                                std::string("POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n")}) {
        int fd = dial(port);
        shutdown(fd, SHUT_RD);
        (void)!send(fd, rubbish.data(), rubbish.size(), MSG_NOSIGNAL);
        close(fd);
    }
    std::atomic<int> answered{0};
    std::vector<std::thread> clients;
    for (int i = 0; i < 40; ++i) {
        clients.emplace_back([&] {
            if (has(get(port, "/healthz"), "ok")) ++answered;
        });
    }
    for (auto& client : clients) client.join();
    EXPECT_EQ(answered, 40);
}

TEST(HttpServer, ClosesInTimeWithIdleClients) {
    auto started = std::chrono::steady_clock::now();
    int idle = -1;
    {
        HttpServer server(sources(), {});
        idle = dial(server.open(any_port())->port);
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    close(idle);
    EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(4));
}

}  // namespace
}  // namespace sabil::proxy::observe
