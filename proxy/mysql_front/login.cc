#include "proxy/mysql_front/login.h"

#include "mysql/auth/scramble.h"
#include "mysql/wire/change_user.h"
#include "mysql/wire/err_packet.h"
#include "mysql/wire/frame.h"
#include "mysql/wire/query_request.h"
#include "mysql/wire/text_row.h"
#include "proxy/mysql_front/state_filter.h"

namespace sabil::proxy::mysql_front {
namespace {

namespace capability = mysql::capability;
using mysql::has;

// What the port does not relay.
constexpr mysql::Capabilities masked = capability::mariadb_com_multi;
// What each side has for itself: compression in front, none behind.
constexpr mysql::Capabilities own = capability::ssl | capability::compress | capability::zstd_compression;

constexpr std::string_view fast_path_taken = "\x01\x03";  // AuthMoreData: caching_sha2's fast_auth_success

constexpr std::uint16_t error_handshake = 1043;       // ER_HANDSHAKE_ERROR
constexpr std::uint16_t error_access_denied = 1045;   // ER_ACCESS_DENIED_ERROR
constexpr std::uint16_t error_tls = 2026;             // CR_SSL_CONNECTION_ERROR
constexpr std::uint16_t error_no_password = 1698;     // ER_ACCESS_DENIED_NO_PASSWORD_ERROR

constexpr std::uint16_t error_must_change_password = 1820;  // ER_MUST_CHANGE_PASSWORD

bool is_this_machine(std::string_view host) noexcept {
    return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace

ServerKind Login::server() const noexcept {
    return {greeting_.is_mariadb() ? invalidation::sql::Dialect::mariadb : invalidation::sql::Dialect::mysql,
            mysql::version_number(greeting_.server_version)};
}

Task<bool> Login::read_packet(Channel& from, std::string& payload, std::uint8_t& sequence) {
    payload.clear();
    while (true) {
        const auto data = from.input().data();
        if (data.size() >= mysql::frame_header_bytes) {
            const auto header = mysql::read_frame_header(data.data());
            if (header.length > login_packet_bytes_max) {
                trouble_ = "a login packet of " + std::to_string(header.length) + " bytes";
                co_return false;
            }
            const auto size = mysql::frame_header_bytes + header.length;
            if (data.size() >= size) {
                payload.assign(data.substr(mysql::frame_header_bytes, header.length));
                sequence = static_cast<std::uint8_t>(header.sequence + 1);
                from.input().consume(size);
                co_return true;
            }
        }
        if (auto error = co_await from.read(1)) {
            trouble_ = (&from == &client_ ? "client: " : "server: ") + error.message();
            co_return false;
        }
    }
}

Task<bool> Login::send(Channel& to, std::string_view payload, std::uint8_t& sequence) {
    std::string out;
    mysql::append_packet(out, sequence, payload);
    if (auto error = co_await to.write(out)) {
        trouble_ = error.message();
        co_return false;
    }
    co_return true;
}

Task<Login::Outcome> Login::refuse(std::uint16_t number, std::string_view sql_state, std::string_view message) {
    std::string payload;
    mysql::build_err(payload, {number, sql_state, message});
    trouble_ = message;
    (void)co_await send(client_, payload, client_sequence_);
    co_return Outcome::lost;
}

Task<bool> Login::greet() {
    std::string payload;
    if (!co_await read_packet(backend_, payload, backend_sequence_)) co_return false;
    auto greeting = mysql::parse_greeting(payload);
    if (!greeting) {
        // "Too many connections", a blocked host, an old protocol: the client reads it as it is.
        trouble_ = greeting.error().message;
        (void)co_await send(client_, payload, client_sequence_);
        co_return false;
    }
    greeting_ = std::move(*greeting);
    nonce_ = greeting_.nonce;
    auto shown = greeting_;
    shown.capabilities &= ~(masked | capability::ssl);
    if (settings_.front_tls != nullptr) shown.capabilities |= capability::ssl;
    offered_ = shown.capabilities;
    payload.clear();
    mysql::build_greeting(payload, shown);
    co_return co_await send(client_, payload, client_sequence_);
}

Task<bool> Login::take_response() {
    std::string payload;
    if (!co_await read_packet(client_, payload, client_sequence_)) co_return false;
    if (mysql::is_ssl_request(payload)) {
        if (settings_.front_tls == nullptr) {
            (void)co_await refuse(error_handshake, "08S01", "TLS was asked for but not offered");
            co_return false;
        }
        const std::string already_read(client_.input().data());
        client_.input().consume(already_read.size());
        if (auto error = co_await client_.accept_tls(*settings_.front_tls, already_read)) {
            trouble_ = "TLS with the client: " + error.message();
            co_return false;
        }
        if (!co_await read_packet(client_, payload, client_sequence_)) co_return false;
    }
    auto response = mysql::parse_handshake_response(payload);
    if (!response) {
        (void)co_await refuse(error_handshake, "08S01", "Bad handshake");
        co_return false;
    }
    response_ = std::move(*response);
    client_capabilities_ = response_.capabilities & offered_;
    collation_ = response_.collation;
    co_return true;
}

// Over a Unix socket servers let accounts in by the operating system's user (unix_socket, auth_socket): they would see this
// process for everybody who can reach the port. An account does so by its own name, or by another that it maps to itself.
bool Login::stands_for_others() const { return backend_.is_unix() && client_.peer_user() != settings_.process_user; }

// The server's answer to one command; false where the connection or the protocol broke.
Task<bool> Login::take_answer(mysql::ResponseTracker& tracker, std::string& packets) {
    while (!tracker.done()) {
        const auto data = backend_.input().data();
        const auto taken = tracker.consume(data);
        if (!taken || packets.size() + *taken > login_packet_bytes_max) co_return false;
        packets.append(data.substr(0, *taken));
        backend_.input().consume(*taken);
        if (!tracker.done() && co_await backend_.read(1)) co_return false;
    }
    co_return true;
}

// The ping behind it takes the question's traces away: ROW_COUNT() is again what a new session finds.
Task<bool> Login::ask(std::string_view text, std::string& answer) {
    std::string payload;
    (void)mysql::build_query(payload, text, server_capabilities_);
    std::string both;
    std::uint8_t sequence = 0;
    mysql::append_packet(both, sequence, payload);
    sequence = 0;
    mysql::append_packet(both, sequence, std::string_view("\x0e", 1));
    if (co_await backend_.write(both)) co_return false;
    mysql::ResponseTracker tracker;
    tracker.start(mysql::Command::query, server_capabilities_);
    std::string packets;
    if (!co_await take_answer(tracker, packets)) co_return false;
    mysql::ResponseTracker ping_tracker;
    ping_tracker.start(mysql::Command::ping, server_capabilities_);
    std::string pong;
    if (!co_await take_answer(ping_tracker, pong)) co_return false;
    const auto& summary = tracker.summary();
    if (summary.failed) co_return summary.error_number == error_must_change_password;
    const auto row = static_cast<std::size_t>(summary.rows_begin);
    if (summary.rows != 1 || packets.size() < row + mysql::frame_header_bytes) co_return false;
    const auto size = mysql::read_frame_header(packets.data() + row).length;
    mysql::TextRowReader reader(std::string_view(packets).substr(row + mysql::frame_header_bytes, size));
    answer = reader.next().value_or(std::string_view{});
    co_return true;
}

// Of the account that the server has just let in. Which users it trusts MySQL keeps to itself.
Task<bool> Login::trusts_this_process() {
    std::string account;
    if (!co_await ask("SHOW CREATE USER CURRENT_USER()", account)) co_return true;
    if (account.find("unix_socket") == std::string::npos && account.find("auth_socket") == std::string::npos) co_return false;
    co_return account.find('\'' + settings_.process_user_name + '\'') != std::string::npos ||
        account.find("<secret>") != std::string::npos;
}

Task<Login::Outcome> Login::refuse_as_us() {
    const auto message = "Access denied for user '" + user_ +
                         "': over its Unix socket the server takes any client of Sabil for the operating system's user '" +
                         settings_.process_user_name + "', whom this account lets in; give [mysql] a host and port instead of a socket";
    co_return co_await refuse(error_no_password, "28000", message);
}

Task<bool> Login::send_response() {
    user_ = response_.user;
    if (stands_for_others() && user_ == settings_.process_user_name) {
        (void)co_await refuse_as_us();
        co_return false;
    }
    auto capabilities = response_.capabilities & ~(masked | own);
    capabilities |= greeting_.capabilities & capability::session_track;
    const bool can_tls = has(greeting_.capabilities, capability::ssl) && settings_.backend_tls != nullptr;
    const bool must_tls = settings_.backend_tls_mode == BackendTls::required ||
                          settings_.backend_tls_mode == BackendTls::verify_identity;
    // To a server on this machine a client that talks in the open would do so itself.
    const bool in_the_open = backend_.secure() || (is_this_machine(settings_.backend_host) && !client_.secure());
    const bool tls = settings_.backend_tls_mode != BackendTls::disabled && can_tls && (must_tls || !in_the_open);
    if (must_tls && !can_tls) {
        (void)co_await refuse(error_tls, "HY000", "Sabil is configured to use TLS, and the server offers none");
        co_return false;
    }
    if (tls) capabilities |= capability::ssl;
    auto response = response_;
    response.capabilities = capabilities;
    const bool whole_password = response.auth_plugin == mysql::plugin::clear_password ||
                                response.auth_plugin == mysql::plugin::sha256_password;
    if (whole_password && client_.secure() && !tls && !backend_.secure()) {
        // Not over an open connection: the server is made to ask for it, and the relay sees to the rest.
        response.auth_plugin = mysql::plugin::native_password;
        response.auth_response.clear();
    }
    std::string payload;
    if (tls) {
        mysql::build_ssl_request(payload, response);
        if (!co_await send(backend_, payload, backend_sequence_)) co_return false;
        std::string verified_name;
        if (settings_.backend_tls_mode == BackendTls::verify_identity) verified_name = settings_.backend_host;
        if (const auto error = co_await backend_.connect_tls(*settings_.backend_tls, verified_name)) {
            const auto trouble = "Sabil cannot set up TLS with the server: " + error.message();
            (void)co_await refuse(error_tls, "HY000", trouble);
            co_return false;
        }
        payload.clear();
    }
    mysql::build_handshake_response(payload, response);
    server_capabilities_ = capabilities & greeting_.capabilities;
    co_return co_await send(backend_, payload, backend_sequence_);
}

std::string Login::filtered_ok() const {
    if (has(client_capabilities_, capability::session_track)) return ok_;
    std::string out;
    append_filtered_ok(out, ok_, false, {});
    return out;
}

Task<Login::Outcome> Login::exchange(mysql::Relay& relay) {
    using State = mysql::Relay::State;
    bool from_server = true;
    std::string payload;
    while (relay.state() == State::exchanging) {
        auto& from = from_server ? backend_ : client_;
        if (!co_await read_packet(from, payload, from_server ? backend_sequence_ : client_sequence_)) {
            co_return Outcome::lost;
        }
        auto messages = from_server ? relay.from_server(payload) : relay.from_client(payload);
        if (!messages) {
            const bool denied = messages.error().code == ErrorCode::denied;
            const std::string_view sql_state = denied ? "28000" : "08S01";
            const std::string_view message = messages.error().message;
            co_return co_await refuse(denied ? error_access_denied : error_handshake, sql_state, message);
        }
        if (relay.state() == State::accepted) {
            ok_ = payload;
            if (stands_for_others() && co_await trusts_this_process()) co_return co_await refuse_as_us();
            const auto shown = filtered_ok();
            if (!co_await send(client_, shown, client_sequence_)) co_return Outcome::lost;
            break;
        }
        for (auto& message : *messages) {
            const bool to_client = message.to == mysql::Relay::To::client;
            auto& sequence = to_client ? client_sequence_ : backend_sequence_;
            if (!co_await send(to_client ? client_ : backend_, message.payload, sequence)) co_return Outcome::lost;
            // Whoever was sent something last has the word; but the server goes on by itself after its fast path.
            from_server = !to_client || message.payload == fast_path_taken;
        }
    }
    nonce_ = relay.nonce();
    plugin_ = relay.plugin();
    co_return relay.state() == State::accepted ? Outcome::accepted : Outcome::refused;
}

Task<Login::Outcome> Login::run() {
    if (!co_await greet() || !co_await take_response() || !co_await send_response()) co_return Outcome::lost;
    plugin_ = has(client_capabilities_, capability::plugin_auth) ? response_.auth_plugin : greeting_.auth_plugin;
    mysql::Relay relay({client_.secure(), client_capabilities_}, {backend_.secure(), server_capabilities_}, nonce_,
                       plugin_, *settings_.rsa);
    const auto outcome = co_await exchange(relay);
    if (outcome == Outcome::accepted) compress_client();
    co_return outcome;
}

void Login::compress_client() {
    if (has(client_capabilities_, capability::compress)) {
        client_.compress(mysql::CompressionAlgorithm::zlib, 0);
    } else if (has(client_capabilities_, capability::zstd_compression)) {
        const int level = response_.zstd_level != 0 ? response_.zstd_level : mysql::zstd_level_default;
        client_.compress(mysql::CompressionAlgorithm::zstd, level);
    }
}

Task<Login::Outcome> Login::change_user(std::string_view payload) {
    client_sequence_ = 1;
    backend_sequence_ = 0;
    if (auto request = mysql::parse_change_user(payload, client_capabilities_); request) {
        if (has(client_capabilities_, capability::plugin_auth)) plugin_ = request->auth_plugin;
        user_ = request->user;
        if (stands_for_others() && user_ == settings_.process_user_name) co_return co_await refuse_as_us();
        collation_ = request->collation != 0 ? std::optional<unsigned>(request->collation) : std::nullopt;
    }
    if (!co_await send(backend_, payload, backend_sequence_)) co_return Outcome::lost;
    mysql::Relay relay({client_.secure(), client_capabilities_}, {backend_.secure(), server_capabilities_}, nonce_,
                       plugin_, *settings_.rsa);
    co_return co_await exchange(relay);
}

}  // namespace sabil::proxy::mysql_front
