// The login relay: a client proves itself to the server through us, and we need no password. It starts after the
// client's HandshakeResponse (or COM_CHANGE_USER) went to the server and ends with the server's OK or ERR.
//
// The server's nonce was given to the client, so every scramble is good for both. Only a password sent whole depends on
// the transport of its side: where one side is secure (TLS, Unix socket) and the other is not, we change its form:
//   client secure, server not: the client sends the password; we ask the server for its RSA key and encrypt.
//   client not, server secure: the client asks for an RSA key and gets ours; we decrypt and send the password.
// So with caching_sha2_password and sha256_password.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cache/base/result.h"
#include "mysql/auth/rsa_key.h"
#include "mysql/wire/capabilities.h"

namespace sabil::mysql {

// Thread-safety: one thread. Payloads in and out have no frame header; each side numbers its packets by itself: the
// next number of a side is the last one seen or sent there plus one.
class Relay {
  public:
    struct Side {
        bool secure = false;            // TLS or a Unix socket
        Capabilities capabilities = 0;  // negotiated on it
    };
    enum class State : std::uint8_t { exchanging, accepted, refused };
    enum class To : std::uint8_t { client, server };
    struct Message {
        To to = To::client;
        std::string payload;
    };
    using Messages = std::vector<Message>;

    // nonce, plugin: what the client's answer was made with (greeting; for COM_CHANGE_USER nonce() of the relay
    // before). key: offered to clients on an open connection; must outlive the relay.
    Relay(Side client, Side server, std::string nonce, std::string plugin, const RsaKeyPair& key);

    // Feed each packet as it comes and send what is returned, in order. Errors: protocol where a side breaks the
    // exchange; denied where a password would have to leave in the open. Then send the client an ERR and close both.
    Result<Messages> from_server(std::string_view payload);
    Result<Messages> from_client(std::string_view payload);

    State state() const noexcept { return state_; }
    // The nonce in force at the end: what a later COM_CHANGE_USER starts with.
    const std::string& nonce() const noexcept { return nonce_; }
    const std::string& plugin() const noexcept { return plugin_; }

    static constexpr unsigned round_trips_max = 32;  // more is a protocol error

  private:
    enum class Step : std::uint8_t { plain, password, own_key_sent, server_key_awaited };

    Result<Messages> accept(std::string_view payload);
    Result<Messages> switch_plugin(std::string_view payload);
    Result<Messages> more_data(std::string_view payload);
    Result<Messages> password_from_client(std::string_view payload);
    Result<Messages> encrypted_password(std::string_view payload);
    Result<void> may_send_password(std::string_view name) const;
    static Messages forward(To to, std::string_view payload);

    Side client_;
    Side server_;
    std::string nonce_;
    std::string plugin_;
    const RsaKeyPair& key_;
    State state_ = State::exchanging;
    Step step_ = Step::plain;
    char key_request_ = 0;  // the plugin's byte that asks for the RSA key
    std::string held_password_;
    unsigned round_trips_ = 0;
};

}  // namespace sabil::mysql
