#include "tests/proxy/resp/server_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace sabil::proxy::resp {

using Steady = std::chrono::steady_clock;

TestClient::TestClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
}

TestClient::TestClient(TestClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), buffer_(std::move(other.buffer_)) {}

TestClient::~TestClient() {
    if (socket_ >= 0) ::close(socket_);
}

void TestClient::send_bytes(std::string_view bytes) {
    while (!bytes.empty()) {
        auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void TestClient::send(std::initializer_list<std::string_view> args) {
    std::string bytes = "*" + std::to_string(args.size()) + "\r\n";
    for (auto arg : args) (bytes += "$" + std::to_string(arg.size()) + "\r\n").append(arg) += "\r\n";
    send_bytes(bytes);
}

std::string TestClient::call(std::initializer_list<std::string_view> args) {
    send(args);
    return receive();
}

bool TestClient::fill(Steady::time_point deadline) {
    auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Steady::now()).count();
    pollfd waiting{socket_, POLLIN, 0};
    if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) <= 0) {
        failure_ = "timeout";
        return false;
    }
    char bytes[16384];
    auto received = ::recv(socket_, bytes, sizeof bytes, 0);
    if (received <= 0) {
        failure_ = "closed";
        return false;
    }
    buffer_.append(bytes, static_cast<std::size_t>(received));
    return true;
}

std::string TestClient::line(Steady::time_point deadline) {
    std::size_t end;
    while ((end = buffer_.find("\r\n")) == std::string::npos) {
        if (!fill(deadline)) return {};
    }
    auto out = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    return out;
}

std::string TestClient::parse(Steady::time_point deadline) {
    auto head = line(deadline);
    if (!failure_.empty()) return failure_;
    char type = head.empty() ? '?' : head[0];
    auto rest = head.substr(head.empty() ? 0 : 1);
    if (type == '+') return rest;
    if (type == '-' || type == ':' || type == ',' || type == '#') return head;
    if (type == '_') return "nil";
    if (type == '$' || type == '=') {
        auto size = std::stoll(rest);
        if (size < 0) return "nil";
        while (buffer_.size() < static_cast<std::size_t>(size) + 2) {
            if (!fill(deadline)) return failure_;
        }
        auto out = buffer_.substr(0, static_cast<std::size_t>(size));
        buffer_.erase(0, static_cast<std::size_t>(size) + 2);
        return out;
    }
    auto count = std::stoll(rest);
    if (count < 0) return "nil";
    if (type == '%') count *= 2;
    std::string out = type == '>' ? ">[" : "[";
    for (long long i = 0; i < count; ++i) {
        if (i != 0) out += ' ';
        out += parse(deadline);
        if (!failure_.empty()) return failure_;
    }
    return out += ']';
}

std::string TestClient::receive(std::chrono::milliseconds limit) {
    failure_.clear();
    return parse(Steady::now() + limit);
}

std::string TestClient::receive_to_end() {
    failure_.clear();
    auto deadline = Steady::now() + std::chrono::seconds(5);
    while (fill(deadline)) {
    }
    return failure_ == "closed" ? std::exchange(buffer_, {}) : failure_;
}

void TestClient::half_close() { ::shutdown(socket_, SHUT_WR); }

void ServerTest::start(std::vector<std::pair<std::string, std::string>> parameters, ServerServices services,
                       std::size_t workers) {
    workers_ = std::make_unique<net::WorkerPool>(workers);
    server_ = std::make_unique<RespServer>(keyspace_, *workers_, std::move(services));
    workers_->start();
    RespServerOptions options;
    options.listen = {"127.0.0.1:0"};
    options.parameters = std::move(parameters);
    // All workers from the start, however little there is to do, unless the test says otherwise.
    bool says = std::any_of(options.parameters.begin(), options.parameters.end(),
                            [](const auto& parameter) { return parameter.first == "io-threads"; });
    if (!says) options.parameters.emplace_back("io-threads", "128");
    auto started = server_->start(options);
    ASSERT_TRUE(started) << started.error().message;
    port_ = server_->addresses()[0].port;
}

void ServerTest::TearDown() {
    if (!server_) return;
    server_->stop();
    workers_->stop();
    workers_->join();
    server_.reset();
}

std::string ServerTest::info(TestClient& client, std::string_view section, const std::string& field) {
    const auto text = client.call({"INFO", section});
    const auto at = text.find(field + ":");
    if (at == std::string::npos) return "absent";
    const auto from = at + field.size() + 1;
    return text.substr(from, text.find('\r', from) - from);
}

void ServerTest::wait_for_blocked(TestClient& client, const std::string& count) {
    using namespace std::chrono_literals;
    for (auto until = std::chrono::steady_clock::now() + 20s; std::chrono::steady_clock::now() < until;) {
        if (info(client, "clients", "blocked_clients") == count) return;
        std::this_thread::sleep_for(2ms);
    }
    FAIL() << "never " << count << " blocked clients";
}

}  // namespace sabil::proxy::resp
