#include "mysql/client/session.h"

#include <openssl/ssl.h>
#include <sys/un.h>

#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/redirect_error.hpp>
#include <asio/ssl/host_name_verification.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include "mysql/client/login.h"
#include "mysql/client/result_reader.h"
#include "mysql/wire/eof_packet.h"
#include "mysql/wire/err_packet.h"

namespace sabil::mysql {

namespace {

using Socket = asio::generic::stream_protocol::socket;
using asio::awaitable;
using asio::redirect_error;
using asio::use_awaitable;
using Milliseconds = std::chrono::milliseconds;
using std::chrono::steady_clock;

bool is_address(const std::string& host) {
    asio::error_code bad;
    asio::ip::make_address(host, bad);
    return !bad;
}

// Prepares a TLS context as the options say. Errors: invalid, naming the file.
Result<void> prepare_tls(asio::ssl::context& context, const TlsOptions& tls) {
    asio::error_code bad;
    SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
    const auto refused = [&bad](const char* what, const std::string& path) {
        return fail(ErrorCode::invalid, std::string("mysql.") + what + " = \"" + path + "\": " + bad.message());
    };
    const bool verify = tls.mode == TlsMode::verify_identity || (tls.mode == TlsMode::required && !tls.ca.empty());
    context.set_verify_mode(verify ? asio::ssl::verify_peer : asio::ssl::verify_none, bad);
    if (!tls.ca.empty()) {
        if (context.load_verify_file(tls.ca, bad); bad) return refused("ca", tls.ca);
    } else if (verify) {
        context.set_default_verify_paths(bad);
    }
    if (!tls.cert.empty()) {
        if (context.use_certificate_chain_file(tls.cert, bad); bad) return refused("cert", tls.cert);
        const auto& key = tls.key.empty() ? tls.cert : tls.key;
        if (context.use_private_key_file(key, asio::ssl::context::pem, bad); bad) return refused("key", key);
    }
    return {};
}

}  // namespace

void Session::watch(Milliseconds limit, std::function<void()> late) {
    limit_ = limit;
    touched_ = steady_clock::now();
    late_ = std::move(late);
    arm(limit);
}

void Session::stop_waiting() {
    late_ = nullptr;
    timer_.cancel();
}

void Session::arm(Milliseconds in) {
    timer_.expires_after(in);
    timer_.async_wait([weak = weak_from_this()](const asio::error_code& stopped) {
        auto self = weak.lock();
        if (stopped || !self || !self->late_) return;
        const auto quiet =
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - self->touched_);
        if (quiet < self->limit_) return self->arm(self->limit_ - quiet + std::chrono::milliseconds{1});
        const auto late = std::move(self->late_);
        self->late_ = nullptr;
        late();
    });
}

Error Session::lost(const asio::error_code& bad) const {
    if (closed_) return {ErrorCode::unavailable, why_closed_};
    return {ErrorCode::unavailable, "the connection to " + where() + " was lost: " + bad.message()};
}

// Nothing can follow on this transport: who asks again is to hear so at once, not after its limit.
Error Session::fail_transport(const asio::error_code& bad) {
    auto error = lost(bad);
    close(error.message);
    return error;
}

void Session::close(std::string why) noexcept {
    if (closed_) return;
    closed_ = true;
    logged_in = false;
    why_closed_ = std::move(why);
    asio::error_code ignored;
    socket_.close(ignored);
}

awaitable<Result<void>> Session::open_socket() {
    asio::error_code bad;
    const auto& endpoint = options_.endpoint;
    const auto refused = [&] {
        return fail(ErrorCode::unavailable, "cannot connect to " + where() + ": " + bad.message());
    };
    if (!endpoint.socket.empty()) {
        if (endpoint.socket.size() >= sizeof(sockaddr_un::sun_path)) {
            co_return fail(ErrorCode::invalid, "the socket path '" + endpoint.socket + "' is too long");
        }
        const Socket::endpoint_type to(asio::local::stream_protocol::endpoint(endpoint.socket));
        co_await socket_.async_connect(to, redirect_error(use_awaitable, bad));
        if (bad) co_return refused();
        co_return Result<void>{};
    }
    asio::ip::tcp::resolver resolver(io_);
    auto found = co_await resolver.async_resolve(endpoint.host, std::to_string(endpoint.port),
                                                 redirect_error(use_awaitable, bad));
    if (bad) co_return refused();
    for (const auto& entry : found) {
        asio::error_code ignored;
        socket_.close(ignored);
        if (closed_) co_return tl::unexpected(lost(bad));
        co_await socket_.async_connect(Socket::endpoint_type(entry.endpoint()), redirect_error(use_awaitable, bad));
        if (!bad) break;
    }
    if (bad) co_return refused();
    socket_.set_option(asio::ip::tcp::no_delay(true), bad);
    socket_.set_option(asio::socket_base::keep_alive(true), bad);
    co_return Result<void>{};
}

awaitable<Result<void>> Session::start_tls() {
    tls_context_ = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_client);
    if (auto prepared = prepare_tls(*tls_context_, options_.tls); !prepared) co_return prepared;
    stream_ = std::make_unique<asio::ssl::stream<Socket&>>(socket_, *tls_context_);
    const auto& host = options_.endpoint.host;
    if (!local() && !is_address(host)) SSL_set_tlsext_host_name(stream_->native_handle(), host.c_str());
    if (options_.tls.mode == TlsMode::verify_identity) {
        stream_->set_verify_callback(asio::ssl::host_name_verification(host));
    }
    asio::error_code bad;
    co_await stream_->async_handshake(asio::ssl::stream_base::client, redirect_error(use_awaitable, bad));
    if (bad && closed_) co_return tl::unexpected(lost(bad));
    if (bad) {
        co_return fail(ErrorCode::denied, "TLS with " + where() + " failed: " + bad.message() +
                                              "; check mysql.ca, or the certificate of the server");
    }
    tls_ready_ = true;
    co_return Result<void>{};
}

awaitable<Result<void>> Session::send(std::string_view payload) {
    std::string out;
    append_packet(out, sequence_, payload);
    asio::error_code bad;
    if (tls_ready_) {
        co_await asio::async_write(*stream_, asio::buffer(out), redirect_error(use_awaitable, bad));
    } else {
        co_await asio::async_write(socket_, asio::buffer(out), redirect_error(use_awaitable, bad));
    }
    if (bad) co_return tl::unexpected(fail_transport(bad));
    co_return Result<void>{};
}

awaitable<Result<void>> Session::read_some() {
    asio::error_code bad;
    std::size_t length = 0;
    if (tls_ready_) {
        length = co_await stream_->async_read_some(asio::buffer(buffer_), redirect_error(use_awaitable, bad));
    } else {
        length = co_await socket_.async_read_some(asio::buffer(buffer_), redirect_error(use_awaitable, bad));
    }
    if (bad || closed_) co_return tl::unexpected(fail_transport(bad));
    unread_ = {buffer_.data(), length};
    co_return Result<void>{};
}

awaitable<Result<Packet>> Session::next_packet() {
    for (;;) {
        auto packet = assembler_.next(unread_);
        if (!packet) {
            close("the connection to " + where() + " was closed: " + packet.error().message);
            co_return tl::unexpected(packet.error());
        }
        if (*packet) {
            sequence_ = static_cast<std::uint8_t>((*packet)->last_sequence + 1);
            co_return **packet;
        }
        if (auto more = co_await read_some(); !more) co_return tl::unexpected(more.error());
    }
}

awaitable<Result<void>> Session::log_in() {
    Login login(options_, local());
    for (;;) {
        auto packet = co_await next_packet();
        if (!packet) co_return tl::unexpected(packet.error());
        auto step = login.on_packet(packet->payload);
        greeting_ = login.greeting();
        if (!step) co_return tl::unexpected(step.error());
        if (!step->send.empty() || step->send_empty) {
            if (auto sent = co_await send(step->send); !sent) co_return sent;
        }
        if (step->start_tls) {
            if (auto up = co_await start_tls(); !up) co_return up;
            step = login.after_tls();
            if (!step) co_return tl::unexpected(step.error());
            if (auto sent = co_await send(step->send); !sent) co_return sent;
        }
        if (step->done) break;
    }
    capabilities_ = login.capabilities();
    co_return Result<void>{};
}

awaitable<Result<void>> Session::connect() {
    if (auto opened = co_await open_socket(); !opened) co_return opened;
    auto in = co_await log_in();
    logged_in = in.has_value() && !closed_;
    co_return in;
}

awaitable<Result<QueryResult>> Session::query(std::string payload, std::size_t result_bytes_max) {
    sequence_ = 0;
    assembler_ = PacketAssembler(result_bytes_max + login_packet_bytes_max);
    if (auto sent = co_await send(payload); !sent) co_return tl::unexpected(sent.error());
    ResultReader reader(capabilities_, result_bytes_max);
    for (;;) {
        auto packet = co_await next_packet();
        if (!packet) co_return tl::unexpected(packet.error());
        auto whole = reader.on_packet(packet->payload);
        if (!whole) {
            if (!is_err(packet->payload))
                close("the connection to " + where() + " was closed: " + whole.error().message);
            co_return tl::unexpected(whole.error());
        }
        if (*whole) co_return reader.take();
    }
}

awaitable<Result<void>> Session::command(std::string payload) {
    sequence_ = 0;
    assembler_ = PacketAssembler(login_packet_bytes_max);
    if (auto sent = co_await send(payload); !sent) co_return sent;
    auto packet = co_await next_packet();
    if (!packet) co_return tl::unexpected(packet.error());
    if (is_err(packet->payload)) {
        auto err = parse_err(packet->payload);
        co_return tl::unexpected(err ? to_error(*err) : err.error());
    }
    co_return Result<void>{};
}

awaitable<Error> Session::stream(std::string payload, std::size_t packet_bytes_max, Connection::OnPacket on_packet) {
    sequence_ = 0;
    assembler_ = PacketAssembler(packet_bytes_max);
    if (auto sent = co_await send(payload); !sent) co_return sent.error();
    for (;;) {
        auto packet = co_await next_packet();
        if (!packet) co_return packet.error();
        touched_ = steady_clock::now();
        const auto bytes = packet->payload;
        if (is_err(bytes)) {
            auto err = parse_err(bytes);
            co_return err ? to_error(*err) : err.error();
        }
        if (!bytes.empty() && static_cast<unsigned char>(bytes.front()) == 0xfe &&
            bytes.size() <= eof_packet_bytes_max) {
            co_return Error{ErrorCode::unavailable, where() + " ended the stream"};
        }
        if (!on_packet(bytes)) co_return Error{ErrorCode::unavailable, "the stream was stopped"};
        if (closed_) co_return Error{ErrorCode::unavailable, why_closed_};
    }
}

}  // namespace sabil::mysql
