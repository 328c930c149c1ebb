#include "mysql/auth/relay.h"

#include <openssl/crypto.h>

#include "mysql/auth/scramble.h"
#include "mysql/wire/auth_more_data.h"
#include "mysql/wire/auth_switch_request.h"
#include "mysql/wire/err_packet.h"
#include "mysql/wire/ok_packet.h"

namespace sabil::mysql {

namespace {

constexpr unsigned char ok_marker = 0x00;
constexpr unsigned char next_factor_marker = 0x02;
constexpr unsigned char switch_marker = 0xfe;

unsigned char first_byte(std::string_view payload) noexcept {
    return payload.empty() ? switch_marker : static_cast<unsigned char>(payload.front());
}

void wipe(std::string& secret) noexcept {
    OPENSSL_cleanse(secret.data(), secret.size());
    secret.clear();
}

}  // namespace

Relay::Relay(Side client, Side server, std::string nonce, std::string plugin, const RsaKeyPair& key)
    : client_(client), server_(server), nonce_(std::move(nonce)), plugin_(std::move(plugin)), key_(key) {}

Relay::Messages Relay::forward(To to, std::string_view payload) {
    return {Message{to, std::string(payload)}};
}

Result<Relay::Messages> Relay::from_server(std::string_view payload) {
    if (state_ != State::exchanging || payload.empty()) {
        return fail(ErrorCode::protocol, "the server sent a packet where the login had none to send");
    }
    if (++round_trips_ > round_trips_max) return fail(ErrorCode::protocol, "the login does not come to an end");
    if (is_err(payload)) {
        state_ = State::refused;
        wipe(held_password_);
        return forward(To::client, payload);
    }
    switch (first_byte(payload)) {
        case ok_marker:
            return accept(payload);
        case switch_marker:
            return switch_plugin(payload);
        case auth_more_data_marker:
            return more_data(payload);
        case next_factor_marker:
            plugin_.clear();  // another factor: whatever it exchanges is passed on
            step_ = Step::plain;
            return forward(To::client, payload);
        default:
            return fail(ErrorCode::protocol, "the server sent a packet that has no place in a login");
    }
}

Result<Relay::Messages> Relay::accept(std::string_view payload) {
    Message ok{To::client, {}};
    auto translated = translate_ok(ok.payload, payload, server_.capabilities, client_.capabilities);
    if (!translated) return tl::unexpected(translated.error());
    state_ = State::accepted;
    wipe(held_password_);
    return Messages{std::move(ok)};
}

Result<Relay::Messages> Relay::switch_plugin(std::string_view payload) {
    auto request = parse_auth_switch_request(payload);
    if (!request) return tl::unexpected(request.error());
    if (auto allowed = may_send_password(request->plugin); !allowed) return tl::unexpected(allowed.error());
    plugin_ = request->plugin;
    if (!request->data.empty()) nonce_ = request->data;
    step_ = Step::plain;
    if (plugin_ == plugin::sha256_password && client_.secure != server_.secure) {
        step_ = Step::password;
        key_request_ = sha256::request_public_key;
    }
    return forward(To::client, payload);
}

// Plugins that send the password whole, and that we do not translate, need as much security behind us as before us.
Result<void> Relay::may_send_password(std::string_view name) const {
    if (name == plugin::clear_password && client_.secure && !server_.secure) {
        return fail(
            ErrorCode::denied,
            "the account's plugin sends the password in clear text, and the connection to the server is open; set "
            "mysql.tls = \"required\"");
    }
    return {};
}

Result<Relay::Messages> Relay::more_data(std::string_view payload) {
    const auto data = payload.substr(1);
    if (step_ == Step::server_key_awaited) {
        auto encrypted = encrypt_password(held_password_, nonce_, data);
        wipe(held_password_);
        step_ = Step::plain;
        if (!encrypted) return tl::unexpected(encrypted.error());
        return Messages{Message{To::server, std::move(*encrypted)}};
    }
    const bool full = data.size() == 1 && data.front() == caching_sha2::full_authentication;
    if (plugin_ == plugin::caching_sha2_password && full && client_.secure != server_.secure) {
        step_ = Step::password;
        key_request_ = caching_sha2::request_public_key;
    }
    return forward(To::client, payload);
}

Result<Relay::Messages> Relay::from_client(std::string_view payload) {
    if (state_ != State::exchanging) return fail(ErrorCode::protocol, "the client goes on with a login that has ended");
    if (++round_trips_ > round_trips_max) return fail(ErrorCode::protocol, "the login does not come to an end");
    switch (step_) {
        case Step::plain:
            return forward(To::server, payload);
        case Step::password:
            return password_from_client(payload);
        case Step::own_key_sent:
            return encrypted_password(payload);
        case Step::server_key_awaited:
            break;
    }
    return fail(ErrorCode::protocol, "the client sent a packet where the server's key was due");
}

// Full authentication with one side secure and the other not.
Result<Relay::Messages> Relay::password_from_client(std::string_view payload) {
    const bool asks_for_key = payload.size() == 1 && payload.front() == key_request_;
    if (payload.size() == 1 && payload.front() == '\0') {
        step_ = Step::plain;  // no password, nothing to hide
        return forward(To::server, payload);
    }
    if (!client_.secure) {
        if (!asks_for_key) return encrypted_password(payload);  // a client that thinks it knows the key
        step_ = Step::own_key_sent;
        Message key{To::client, {}};
        build_auth_more_data(key.payload, key_.public_key_pem());
        return Messages{std::move(key)};
    }
    if (asks_for_key) {
        // A client that encrypts although it need not: the server's own key and answer do.
        step_ = Step::plain;
        return forward(To::server, payload);
    }
    if (payload.empty() || payload.back() != '\0') {
        return fail(ErrorCode::protocol, "the client's password does not end as it must");
    }
    held_password_ = payload.substr(0, payload.size() - 1);
    step_ = Step::server_key_awaited;
    return Messages{Message{To::server, std::string(1, key_request_)}};
}

Result<Relay::Messages> Relay::encrypted_password(std::string_view payload) {
    auto password = key_.decrypt_password(payload, nonce_);
    if (!password) return tl::unexpected(password.error());
    step_ = Step::plain;
    Message message{To::server, std::move(*password)};
    message.payload.push_back('\0');
    return Messages{std::move(message)};
}

}  // namespace sabil::mysql
