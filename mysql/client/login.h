// The client's side of logging in, without I/O: greeting, TLS or not, answer, plugin exchange.
#pragma once

#include <string>
#include <string_view>

#include "cache/base/result.h"
#include "mysql/client/connect_options.h"
#include "mysql/wire/capabilities.h"
#include "mysql/wire/greeting.h"

namespace sabil::mysql {

// Thread-safety: one thread. options must outlive it.
class Login {
  public:
    struct Step {
        std::string send;  // payload of the next packet; nothing is sent where empty and not `send_empty`
        bool send_empty = false;
        bool start_tls = false;  // after sending: run the TLS handshake, then call after_tls()
        bool done = false;       // logged in
    };

    // local: the connection is a Unix socket.
    Login(const ConnectOptions& options, bool local) noexcept : options_(options), local_(local) {}

    // Each packet of the server in turn. Errors: denied, unsupported, protocol, server.
    Result<Step> on_packet(std::string_view payload);
    Result<Step> after_tls();

    const Greeting& greeting() const noexcept { return greeting_; }
    Capabilities capabilities() const noexcept { return capabilities_; }
    bool tls() const noexcept { return tls_; }

  private:
    enum class State { greeting, tls, answered, key_awaited, logged_in };

    Result<Step> on_greeting(std::string_view payload);
    Result<Step> answer_greeting();
    Result<Step> on_switch(std::string_view payload);
    Result<Step> on_more_data(std::string_view data);
    bool secure() const noexcept { return tls_ || local_; }

    const ConnectOptions& options_;
    bool local_;
    bool tls_ = false;
    State state_ = State::greeting;
    Greeting greeting_;
    Capabilities capabilities_ = 0;
    std::string plugin_;
    std::string nonce_;
};

}  // namespace sabil::mysql
