// A MySQL server for tests: it lets everybody in, answers the port's own questions, and hands every other statement to
// the test. And the client that talks to it, or to the port in front of it.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "mysql/wire/capabilities.h"
#include "mysql/wire/err_packet.h"
#include "mysql/wire/frame.h"
#include "mysql/wire/greeting.h"
#include "mysql/wire/handshake_response.h"
#include "mysql/wire/ok_packet.h"
#include "mysql/wire/status_flags.h"
#include "mysql/wire/text_row.h"
#include "proxy/mysql_front/key_variables.h"

namespace sabil::proxy::mysql_front {

inline constexpr mysql::Capabilities scripted_capabilities =
    mysql::capability::protocol_41 | mysql::capability::secure_connection | mysql::capability::plugin_auth |
    mysql::capability::transactions | mysql::capability::session_track | mysql::capability::connect_with_db |
    mysql::capability::deprecate_eof;

// A blocking socket that speaks in packets. Thread-safety: one thread.
class PacketSocket {
  public:
    explicit PacketSocket(int descriptor) : descriptor_(descriptor) {}
    PacketSocket(PacketSocket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    ~PacketSocket() { close(); }
    void close() {
        if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
    }
    int descriptor() const { return descriptor_; }
    // False where the peer has closed or nothing came for 10 s.
    bool read(std::string& payload) {
        char head[4];
        if (!fill(head, 4)) return false;
        const auto header = mysql::read_frame_header(head);
        sequence_ = static_cast<std::uint8_t>(header.sequence + 1);
        payload.resize(header.length);
        return fill(payload.data(), payload.size());
    }
    void write(const std::string& payload) {
        std::string out;
        mysql::append_packet(out, sequence_, payload);
        (void)!::send(descriptor_, out.data(), out.size(), MSG_NOSIGNAL);
    }
    void start() { sequence_ = 0; }

  private:
    bool fill(char* at, std::size_t n) {
        while (n > 0) {
            pollfd poller{descriptor_, POLLIN, 0};
            if (::poll(&poller, 1, 10000) <= 0) return false;
            const auto got = ::recv(descriptor_, at, n, 0);
            if (got <= 0) return false;
            at += got;
            n -= static_cast<std::size_t>(got);
        }
        return true;
    }
    int descriptor_;
    std::uint8_t sequence_ = 0;
};

inline int listen_on_free_port(std::uint16_t& port) {
    const int s = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    if (::bind(s, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(s, 64) != 0) return -1;
    ::getsockname(s, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    return s;
}

inline int connect_to(std::uint16_t port) {
    const int s = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return ::connect(s, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 ? s : -1;
}

// The packets of an answer.
using Answer = std::vector<std::string>;

inline std::string ok_payload(mysql::StatusFlags status = mysql::status::autocommit, std::string_view session_state = {},
                              std::uint8_t header = 0x00) {
    mysql::OkPacket ok;
    ok.header = header;
    ok.status = static_cast<mysql::StatusFlags>(status | (session_state.empty() ? 0 : mysql::status::session_state_changed));
    ok.session_state = session_state;
    std::string out;
    mysql::build_ok(out, ok, scripted_capabilities);
    return out;
}

// One row of text fields under deprecate_eof.
inline Answer row_answer(const std::vector<mysql::TextField>& fields,
                         mysql::StatusFlags status = mysql::status::autocommit) {
    using namespace std::string_literals;
    Answer answer{std::string(1, static_cast<char>(fields.size()))};
    for (std::size_t i = 0; i < fields.size(); ++i) {
        answer.push_back("\x03" "def\0\0\0\x01" "c\0\x0c\x2d\0\xff\0\0\0\xfd\0\0\0\0\0"s);
    }
    std::string row;
    for (const auto& field : fields) mysql::append_text_field(row, field);
    answer.push_back(row);
    answer.push_back(ok_payload(status, {}, 0xfe));
    return answer;
}

// Thread-safety: statements() and the like from the test's thread while clients are served on threads of their own.
class ScriptedServer {
  public:
    // Called on the connection's thread; an empty answer closes the connection.
    using Script = std::function<Answer(const std::string& statement)>;

    explicit ScriptedServer(Script script) : script_(std::move(script)), listener_(listen_on_free_port(port_)) {
        acceptor_ = std::thread([this] {
            int s = -1;
            while ((s = ::accept(listener_, nullptr, nullptr)) >= 0) {
                const std::lock_guard lock(mutex_);
                sockets_.push_back(s);
                threads_.emplace_back([this, s] { serve(PacketSocket(s)); });
            }
        });
    }
    ~ScriptedServer() {
        ::shutdown(listener_, SHUT_RDWR);
        ::close(listener_);
        acceptor_.join();
        for (const int s : sockets_) ::shutdown(s, SHUT_RDWR);
        for (auto& thread : threads_) thread.join();
    }
    std::uint16_t port() const { return port_; }
    // Statements that reached it, the port's own left out.
    std::vector<std::string> statements() const {
        const std::lock_guard lock(mutex_);
        return statements_;
    }
    std::atomic<mysql::Capabilities> capabilities{scripted_capabilities};
    std::string version = "10.11.6-MariaDB";

  private:
    void serve(PacketSocket socket) {
        mysql::Greeting greeting;
        greeting.server_version = version;
        greeting.connection_id = 7;
        greeting.nonce = std::string(20, 'n');
        greeting.capabilities = capabilities;
        greeting.status = mysql::status::autocommit;
        greeting.auth_plugin = "mysql_native_password";
        std::string payload;
        mysql::build_greeting(payload, greeting);
        socket.write(payload);
        if (!socket.read(payload)) return;
        socket.write(ok_payload());
        while (socket.read(payload) && payload.front() == '\x03') {
            const auto statement = payload.substr(1);
            auto answer = own_question(statement);
            if (answer.empty()) {
                {
                    const std::lock_guard lock(mutex_);
                    statements_.push_back(statement);
                }
                answer = script_(statement);
            }
            if (answer.empty()) return;
            for (const auto& packet : answer) socket.write(packet);
        }
    }
    Answer own_question(const std::string& statement) const {
        if (statement.find("session_track_system_variables='*'") != std::string::npos) return {ok_payload()};
        if (statement == "SELECT 'this one'") return row_answer({"this one"});
        if (statement.find("SELECT CURRENT_USER(),CURRENT_ROLE()") != 0) return {};
        std::vector<mysql::TextField> row{"app@%", std::nullopt, "news", "1", "1", "28800", "autocommit", "1", "0", std::nullopt};
        for (const auto& variable : key_variables) {
            if (variable.name == "character_set_client") {
                row.emplace_back("utf8mb4");
            } else if (variable.name == "tx_isolation") {
                row.emplace_back("REPEATABLE-READ");
            } else {
                row.emplace_back("");
            }
        }
        return row_answer(row);
    }

    Script script_;
    std::uint16_t port_ = 0;
    int listener_;
    std::thread acceptor_;
    mutable std::mutex mutex_;
    std::vector<std::thread> threads_;
    std::vector<int> sockets_;
    std::vector<std::string> statements_;
};

// Thread-safety: one thread.
class ScriptedClient {
  public:
    explicit ScriptedClient(std::uint16_t port, mysql::Capabilities capabilities = mysql::capability::deprecate_eof)
        : socket_(connect_to(port)) {
        if (!socket_.read(greeting)) return;
        if (mysql::is_err(greeting)) return;
        mysql::HandshakeResponse response;
        response.capabilities = mysql::capability::protocol_41 | mysql::capability::secure_connection |
                                mysql::capability::plugin_auth | capabilities;
        response.user = "app";
        response.auth_plugin = "mysql_native_password";
        response.auth_response = std::string(20, 'a');
        std::string payload;
        mysql::build_handshake_response(payload, response);
        socket_.write(payload);
        logged_in = socket_.read(login) && !login.empty() && login.front() == '\0';
    }
    // The packets up to an OK, EOF or ERR; cut short where the connection was closed.
    Answer query(const std::string& statement) {
        send(statement);
        return receive();
    }
    void send(const std::string& statement) {
        socket_.start();
        socket_.write("\x03" + statement);
    }
    Answer receive() {
        Answer answer;
        std::string payload;
        while (socket_.read(payload)) {
            answer.push_back(payload);
            const auto first = static_cast<unsigned char>(payload.front());
            if (first == 0xff || first == 0xfe || (first == 0x00 && answer.size() == 1)) break;
        }
        return answer;
    }
    bool closed() {
        std::string payload;
        return !socket_.read(payload);
    }
    PacketSocket& socket() { return socket_; }
    std::string greeting;
    std::string login;
    bool logged_in = false;

  private:
    PacketSocket socket_;
};

}  // namespace sabil::proxy::mysql_front
