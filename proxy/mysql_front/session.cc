#include "proxy/mysql_front/session.h"

#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/redirect_error.hpp>

#include <spdlog/spdlog.h>

#include "mysql/wire/err_packet.h"
#include "mysql/wire/execute_request.h"
#include "mysql/wire/frame.h"
#include "mysql/wire/ok_packet.h"

namespace sabil::proxy::mysql_front {
namespace {

constexpr std::uint16_t error_unreachable = 2003;  // CR_CONN_HOST_ERROR

SteadyTime now() noexcept { return system_clock().steady(); }

}  // namespace

Session::Session(FrontWorker& worker)
    : worker_(&worker),
      parts_(worker.parts),
      client_(worker.worker),
      backend_(worker.worker),
      login_(client_, backend_, parts_.login),
      relay_(client_, backend_),
      state_(parts_.options.transactions, parts_.options.max_staleness) {}

Session::~Session() = default;

void Session::start(int descriptor, bool is_unix) {
    started_ = now();
    parts_.metrics.connections.add();
    worker_->sessions.insert(this);
    backend_.set_peer_end_target(this);
    if (client_.adopt(descriptor, is_unix)) close();
    spawn();
}

void Session::close() noexcept {
    client_.close();
    backend_.close();
}

void Session::sweep(SteadyTime at) {
    const auto& options = parts_.options;
    if (connecting_since_ != SteadyTime{} && at - connecting_since_ > options.connect_limit) backend_.close();
    if (!logged_in_ && at - started_ > options.login_limit) close();
    for (auto* channel : {&client_, &backend_}) {
        const auto since = channel->writing_since();
        if (since != SteadyTime{} && at - since > options.client_write_limit) close();
    }
    if (idle_ && at - batch_began_ > buffers_kept) {
        if (next_command_ != nullptr) client_.release_buffers();  // else a read into them is under way
        backend_.release_buffers();
    }
}

// A server that closes an idle connection (wait_timeout, KILL, shutdown) closes the client's with it, at once: a client
// that finds its connection closed before it sends may connect anew unasked.
void Session::on_peer_end() {
    backend_left_ = true;
    if (idle_) say_farewell();
}

void Session::say_farewell() {
    const auto last_words = backend_.drain();
    (void)client_.try_write(last_words);
    close();
}

Task<void> Session::run() {
    if (logged_in_) co_return co_await serve();
    if (!co_await open()) co_return;
    co_await begin_login();
    backend_left_ = false;  // addresses that were tried in vain
    if (co_await login_.run() != Login::Outcome::accepted) {
        spdlog::debug("mysql: login not completed: {}", login_.trouble());
        co_return;
    }
    logged_in_ = true;
    state_.logged_in(login_.client_capabilities(), login_.server_capabilities(), login_.server(),
                     login_.collation().value_or(0));
    if (auto ok = mysql::parse_ok(login_.ok(), login_.server_capabilities())) state_.set_status(ok->status);
    backend_used_ = now();
    co_await serve();
}

Task<bool> Session::open() {
    const auto& address = parts_.options.backend.address;
    connecting_since_ = now();
    std::error_code error;
    if (address.is_unix()) {
        error = co_await backend_.connect(asio::local::stream_protocol::endpoint(address.unix_path), true);
    } else {
        asio::ip::basic_resolver<asio::ip::tcp, Executor> resolver(worker_->worker.context().get_executor());
        asio::ip::tcp::resolver::results_type endpoints;
        const auto host = asio::ip::make_address(address.host, error);
        if (!error) {
            error = co_await backend_.connect(asio::ip::tcp::endpoint(host, address.port), false);
        } else {
            const auto port = std::to_string(address.port);
            const auto found =
                co_await resolver.async_resolve(address.host, port, asio::redirect_error(use_task, error));
            for (const auto& endpoint : found) {
                error = co_await backend_.connect(endpoint.endpoint(), false);
                if (!error || now() - connecting_since_ > parts_.options.connect_limit) break;
                backend_.close();
            }
        }
    }
    const bool in_time = now() - connecting_since_ <= parts_.options.connect_limit;
    connecting_since_ = {};
    connected_ = now();
    if (!error) co_return true;
    const std::string why = in_time ? error.message() : "no answer in time";
    const auto message =
        "Can't connect to MySQL server on '" + address.text() + "' (" + why + "), says Sabil in front of it";
    co_await tell_unreachable(message);
    co_return false;
}

Task<void> Session::tell_unreachable(const std::string& message) {
    spdlog::warn("mysql: {}", message);
    std::string payload;
    mysql::build_err(payload, {error_unreachable, "HY000", message});
    std::string out;
    std::uint8_t sequence = 0;
    mysql::append_packet(out, sequence, payload);
    (void)co_await client_.write(out);
}

void Session::count_sent_hits() noexcept {
    if (unsent_hits_ == 0) return;
    const auto took = now() - batch_began_;
    for (; unsent_hits_ > 0; --unsent_hits_) parts_.metrics.hit_seconds.record(took);
}

Task<Session::Step> Session::flush() {
    const auto error = co_await client_.write(out_);
    out_.clear();
    count_sent_hits();
    co_return error ? Step::lost : Step::next;
}

// False where some of it has to wait.
bool Session::send_hits() noexcept {
    if (out_.empty()) return true;
    const auto sent = client_.try_write(out_);
    if (sent < out_.size()) {
        out_.erase(0, sent);
        return false;
    }
    out_.clear();
    count_sent_hits();
    return true;
}

Task<Session::Step> Session::send_large() {
    if (!out_.empty() && co_await flush() == Step::lost) co_return Step::lost;
    ResultPieces pieces;
    cut_result(pieces, parts_.definitions, *large_, state_.status());
    asio::const_buffer buffers[std::size(pieces.pieces)];
    for (std::size_t i = 0; i < pieces.count; ++i) {
        buffers[i] = asio::const_buffer(pieces.pieces[i].data(), pieces.pieces[i].size());
    }
    const auto error = co_await client_.write({buffers, pieces.count});
    large_ = {};
    unsent_hits_ = 0;
    parts_.metrics.hit_seconds.record(now() - batch_began_);
    co_return error ? Step::lost : Step::next;
}

// Of the packet, or its header, that has begun to come in.
std::size_t Session::missing_bytes() noexcept {
    const auto data = client_.input().data();
    std::size_t size = mysql::frame_header_bytes;
    if (data.size() >= size) size += mysql::read_frame_header(data.data()).length;
    return size - std::min(size, data.size());
}

// All commands that came and can be answered from memory, without a coroutine's cost.
Session::Turn Session::answer_hits() {
    auto& input = client_.input();
    while (true) {
        const auto data = input.data();
        if (data.size() < mysql::frame_header_bytes) return send_hits() ? Turn::starved : Turn::unsent;
        const auto size = mysql::frame_header_bytes + mysql::read_frame_header(data.data()).length;
        if (size > inspected_bytes_max) return Turn::large_packet;
        if (size == mysql::frame_header_bytes) return Turn::empty_packet;
        if (data.size() < size) return send_hits() ? Turn::starved : Turn::unsent;
        const auto served = try_serve(data.substr(mysql::frame_header_bytes, size - mysql::frame_header_bytes));
        if (served == Served::no) command_.assign(data.substr(0, size));
        input.consume(size);
        if (served == Served::no) return Turn::command;
        if (served == Served::large) return Turn::large_answer;
        if (out_.size() > out_bytes_max) return Turn::unsent;
    }
}

Task<void> Session::serve() {
    auto turn = answer_hits();
    while (true) {
        if (!out_.empty() && co_await flush() == Step::lost) co_return;
        switch (turn) {
            case Turn::moving: co_return;
            case Turn::empty_packet:
                if (co_await forward_empty_packet() == Step::lost) co_return;
                break;
            case Turn::starved: {
                backend_.input().shrink(4 * Channel::read_bytes_min);
                if (backend_left_) co_return say_farewell();
                idle_ = true;
                const auto error = co_await receive();
                idle_ = false;
                if (error) co_return;
                turn = turn_;
                continue;
            }
            case Turn::unsent: break;
            case Turn::command:
                if (co_await on_packet(command_) == Step::lost) co_return;
                break;
            case Turn::refill:
                if (co_await run_refill() == Step::lost) co_return;
                break;
            case Turn::large_answer:
                if (co_await send_large() == Step::lost) co_return;
                break;
            case Turn::large_packet:
                if (co_await on_large_packet() == Step::lost) co_return;
                break;
        }
        turn = answer_hits();
    }
}

Task<Session::Step> Session::on_packet(std::string_view frame) {
    if (co_await keep_backend_awake(batch_began_) == Step::lost) co_return Step::lost;
    if (!held_close_.empty() && co_await release_held_close() == Step::lost) co_return Step::lost;
    const auto payload = frame.substr(mysql::frame_header_bytes);
    const auto command = static_cast<mysql::Command>(payload.front());
    auto* statement = [&]() -> PreparedStatement* {
        const auto id = mysql::statement_id_of(payload);
        return id ? prepared_.find(*id) : nullptr;
    }();
    if (command != mysql::Command::query) counted_.reset();
    switch (command) {
        case mysql::Command::query: co_return co_await on_query(frame);
        case mysql::Command::stmt_prepare: co_return co_await on_prepare(frame);
        case mysql::Command::stmt_execute: co_return co_await on_execute(frame);
        case mysql::Command::stmt_bulk_execute: co_return co_await on_bulk_execute(frame);
        case mysql::Command::change_user: co_return co_await change_user(frame);
        case mysql::Command::stmt_send_long_data:
            if (statement != nullptr) statement->long_data = true;
            break;
        case mysql::Command::stmt_reset:
            if (statement != nullptr) statement->long_data = false;
            break;
        case mysql::Command::stmt_close: co_return co_await close_statement(frame);
        case mysql::Command::refresh: state_.pin(Bypass::locked_tables); break;
        case mysql::Command::quit:
            (void)co_await backend_.write(frame);
            co_return Step::lost;
        default: break;
    }
    co_return co_await forward_plain(frame);
}

Task<Session::Step> Session::forward_plain(std::string_view frame, const Analysis* prepared) {
    const auto command = static_cast<mysql::Command>(frame[mysql::frame_header_bytes]);
    if (co_await backend_.write(frame)) co_return Step::lost;
    const auto outcome =
        co_await relay_.forward(command, login_.server_capabilities(), filter(prepared), nullptr, nullptr);
    if (outcome == AnswerRelay::Outcome::endless) {
        const std::shared_ptr<void> keep_alive = shared_from_this();
        co_await relay_.pump(keep_alive);
        co_return Step::lost;
    }
    if (outcome != AnswerRelay::Outcome::done) co_return Step::lost;
    if (mysql::ResponseTracker::shape_of(command) == mysql::ResponseTracker::Shape::none) co_return Step::next;
    after_answer(nullptr);
    if (command == mysql::Command::reset_connection && !relay_.summary().failed) {
        forget_everything(std::nullopt);
    }
    co_return Step::next;
}

// No command at all: the server has an answer to that too, and goes on.
Task<Session::Step> Session::forward_empty_packet() {
    command_.assign(client_.input().data().substr(0, mysql::frame_header_bytes));
    client_.input().consume(mysql::frame_header_bytes);
    if (co_await backend_.write(command_)) co_return Step::lost;
    const auto outcome =
        co_await relay_.forward(mysql::Command::sleep, login_.server_capabilities(), filter(nullptr), nullptr, nullptr);
    if (outcome != AnswerRelay::Outcome::done) co_return Step::lost;
    after_answer(nullptr);
    co_return Step::next;
}

void Session::forget_everything(std::optional<unsigned> collation) {
    state_.reset(collation);
    rights_.reread();
    prepared_.clear();
    last_hit_.clear();
    counted_.reset();
    held_close_.clear();
}

Task<Session::Step> Session::change_user(std::string_view frame) {
    co_await begin_login();
    const auto outcome = co_await login_.change_user(frame.substr(mysql::frame_header_bytes));
    if (outcome == Login::Outcome::lost) co_return Step::lost;
    forget_everything(login_.collation());
    backend_used_ = now();
    if (outcome == Login::Outcome::refused) {
        // The server closes, or goes on with a session of which only it knows how much is left.
        state_.pin(Bypass::opaque_state);
        co_return Step::next;
    }
    if (auto ok = mysql::parse_ok(login_.ok(), login_.server_capabilities())) state_.set_status(ok->status);
    co_return Step::next;
}

}  // namespace sabil::proxy::mysql_front
