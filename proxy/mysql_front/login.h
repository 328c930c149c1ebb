// From the server's greeting to the end of the login: relayed, so that the port needs no password. Capabilities are
// masked to what is relayed, TLS is each side's own matter, and session tracking is asked for on the server's side even
// where the client did not.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <asio/ssl/context.hpp>

#include "cache/base/result.h"
#include "mysql/auth/relay.h"
#include "mysql/wire/greeting.h"
#include "mysql/wire/handshake_response.h"
#include "mysql/wire/response_tracker.h"
#include "proxy/mysql_front/channel.h"
#include "proxy/mysql_front/options.h"
#include "proxy/mysql_front/session_identity.h"

namespace sabil::proxy::mysql_front {

// What logins share. Thread-safety: immutable.
struct LoginSettings {
    asio::ssl::context* front_tls = nullptr;    // nullptr: none offered to clients
    asio::ssl::context* backend_tls = nullptr;  // nullptr: never used
    BackendTls backend_tls_mode = BackendTls::preferred;
    std::string backend_host;                   // verified where the mode says so
    const mysql::RsaKeyPair* rsa = nullptr;     // must not be nullptr
    unsigned process_user = 0;                  // the operating system's, and its name
    std::string process_user_name;
};

// Thread-safety: its worker's thread.
class Login {
  public:
    // All must outlive it.
    Login(Channel& client, Channel& backend, const LoginSettings& settings)
        : client_(client), backend_(backend), settings_(settings) {}

    enum class Outcome : std::uint8_t {
        accepted,
        refused,  // the client has had the server's error
        lost,     // a side closed, or broke the protocol; the client may have had an error
    };
    Task<Outcome> run();
    // COM_CHANGE_USER; payload without frame header, command byte included.
    Task<Outcome> change_user(std::string_view payload);

    // -- after `accepted`
    mysql::Capabilities client_capabilities() const noexcept { return client_capabilities_; }
    mysql::Capabilities server_capabilities() const noexcept { return server_capabilities_; }
    ServerKind server() const noexcept;
    // What the client asked for; nothing where COM_CHANGE_USER did not say.
    std::optional<unsigned> collation() const noexcept { return collation_; }
    // The server's OK, as it came.
    const std::string& ok() const noexcept { return ok_; }
    // Why it was lost, for the log.
    const std::string& trouble() const noexcept { return trouble_; }

  private:
    Task<bool> read_packet(Channel& from, std::string& payload, std::uint8_t& sequence);
    Task<bool> send(Channel& to, std::string_view payload, std::uint8_t& sequence);
    Task<Outcome> refuse(std::uint16_t number, std::string_view sql_state, std::string_view message);
    Task<bool> greet();
    Task<bool> take_response();
    Task<bool> send_response();
    Task<Outcome> exchange(mysql::Relay& relay);
    void compress_client();
    bool stands_for_others() const;
    Task<bool> take_answer(mysql::ResponseTracker& tracker, std::string& packets);
    Task<bool> ask(std::string_view text, std::string& answer);
    Task<bool> trusts_this_process();
    Task<Outcome> refuse_as_us();
    std::string filtered_ok() const;

    Channel& client_;
    Channel& backend_;
    const LoginSettings& settings_;
    mysql::Greeting greeting_;
    mysql::Capabilities offered_ = 0;
    mysql::HandshakeResponse response_;
    mysql::Capabilities client_capabilities_ = 0;
    mysql::Capabilities server_capabilities_ = 0;
    std::uint8_t client_sequence_ = 0;   // of the next packet to the client
    std::uint8_t backend_sequence_ = 0;  // of the next packet to the server
    std::optional<unsigned> collation_;
    std::string user_;
    std::string nonce_;
    std::string plugin_;
    std::string ok_;
    std::string trouble_;

    static constexpr std::size_t login_packet_bytes_max = 1U << 20;
};

}  // namespace sabil::proxy::mysql_front
