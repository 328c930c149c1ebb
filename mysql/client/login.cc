#include "mysql/client/login.h"

#include "mysql/auth/rsa_key.h"
#include "mysql/auth/scramble.h"
#include "mysql/wire/auth_more_data.h"
#include "mysql/wire/auth_switch_request.h"
#include "mysql/wire/err_packet.h"
#include "mysql/wire/handshake_response.h"

namespace sabil::mysql {

namespace {

constexpr Capabilities wanted = capability::long_password | capability::long_flag | capability::protocol_41 |
                                capability::transactions | capability::secure_connection |
                                capability::multi_statements | capability::multi_results | capability::plugin_auth |
                                capability::plugin_auth_lenenc_data | capability::connect_attrs |
                                capability::session_track | capability::deprecate_eof;
constexpr Capabilities needed = capability::protocol_41 | capability::secure_connection;
constexpr unsigned char switch_marker = 0xfe;

HandshakeResponse response_head(const ConnectOptions& options, Capabilities capabilities) {
    HandshakeResponse response;
    response.capabilities = capabilities;
    response.max_packet_bytes = 1U << 30;
    response.collation = options.collation;
    return response;
}

}  // namespace

Result<Login::Step> Login::on_packet(std::string_view payload) {
    if (state_ == State::greeting) return on_greeting(payload);
    if (payload.empty() || state_ == State::tls || state_ == State::logged_in) {
        return fail(ErrorCode::protocol, "the server sent a packet where the login had none to send");
    }
    if (is_err(payload)) {
        auto err = parse_err(payload);
        if (!err) return tl::unexpected(err.error());
        auto error = to_error(*err);
        error.message = "the server refused user '" + options_.user + "': " + error.message;
        return tl::unexpected(std::move(error));
    }
    if (payload.front() == 0x00) {
        state_ = State::logged_in;
        Step step;
        step.done = true;
        return step;
    }
    if (static_cast<unsigned char>(payload.front()) == switch_marker) return on_switch(payload);
    if (auto data = parse_auth_more_data(payload)) return on_more_data(*data);
    return fail(ErrorCode::protocol, "the server sent a packet that has no place in a login");
}

Result<Login::Step> Login::on_greeting(std::string_view payload) {
    auto greeting = parse_greeting(payload);
    if (!greeting) return tl::unexpected(greeting.error());
    greeting_ = std::move(*greeting);
    if (!has(greeting_.capabilities, needed)) {
        return fail(ErrorCode::unsupported,
                    "the server " + greeting_.server_version + " is too old: it has no 4.1 login");
    }
    // MariaDB does not announce long_password, which tells its clients that extended flags follow; we want none of
    // them.
    capabilities_ = wanted & (greeting_.capabilities | capability::long_password);
    if (!options_.database.empty()) capabilities_ |= capability::connect_with_db;
    plugin_ = greeting_.auth_plugin;
    nonce_ = greeting_.nonce;

    const auto mode = options_.tls.mode;
    const bool offered = has(greeting_.capabilities, capability::ssl);
    const bool wants_tls = mode == TlsMode::required || mode == TlsMode::verify_identity ||
                           (mode == TlsMode::preferred && offered && !local_);
    if (!wants_tls) return answer_greeting();
    if (!offered) {
        return fail(ErrorCode::denied,
                    "the server has no TLS, and mysql.tls asks for it; give the server a certificate or "
                    "set mysql.tls = \"preferred\"");
    }
    capabilities_ |= capability::ssl;
    state_ = State::tls;
    Step step;
    build_ssl_request(step.send, response_head(options_, capabilities_));
    step.start_tls = true;
    return step;
}

Result<Login::Step> Login::after_tls() {
    if (state_ != State::tls) return fail(ErrorCode::protocol, "TLS was not under way");
    tls_ = true;
    return answer_greeting();
}

Result<Login::Step> Login::answer_greeting() {
    // A default plugin that is not ours to speak need not be the account's: the server switches.
    auto answer = first_auth_response(plugin_, options_.password, nonce_, secure());
    if (!answer) {
        plugin_ = plugin::native_password;
        answer = first_auth_response(plugin_, options_.password, nonce_, secure());
    }
    if (!answer) return tl::unexpected(answer.error());
    auto response = response_head(options_, capabilities_);
    response.user = options_.user;
    response.auth_response = std::move(*answer);
    response.database = options_.database;
    response.auth_plugin = plugin_;
    response.attributes = options_.attributes;
    state_ = State::answered;
    Step step;
    build_handshake_response(step.send, response);
    return step;
}

Result<Login::Step> Login::on_switch(std::string_view payload) {
    auto request = parse_auth_switch_request(payload);
    if (!request) return tl::unexpected(request.error());
    plugin_ = request->plugin;
    nonce_ = request->data;
    auto answer = first_auth_response(plugin_, options_.password, nonce_, secure());
    if (!answer) return tl::unexpected(answer.error());
    Step step;
    step.send = std::move(*answer);
    step.send_empty = step.send.empty();
    return step;
}

Result<Login::Step> Login::on_more_data(std::string_view data) {
    Step step;
    if (plugin_ != plugin::caching_sha2_password) {
        return fail(ErrorCode::unsupported, "the plugin '" + plugin_ + "' goes on in a way that is not known");
    }
    if (state_ == State::key_awaited) {
        auto encrypted = encrypt_password(options_.password, nonce_, data);
        if (!encrypted) return tl::unexpected(encrypted.error());
        step.send = std::move(*encrypted);
        state_ = State::answered;
        return step;
    }
    if (data.size() != 1) return fail(ErrorCode::protocol, "caching_sha2_password sent data that does not fit");
    if (data.front() == caching_sha2::fast_auth_success) return step;
    if (data.front() != caching_sha2::full_authentication) {
        return fail(ErrorCode::protocol, "caching_sha2_password sent data that does not fit");
    }
    if (secure()) {
        step.send = options_.password + '\0';
    } else {
        step.send = std::string(1, caching_sha2::request_public_key);
        state_ = State::key_awaited;
    }
    return step;
}

}  // namespace sabil::mysql
