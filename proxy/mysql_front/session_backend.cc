// What the port itself asks of the server, unseen by the client.
#include <spdlog/spdlog.h>

#include "mysql/wire/execute_request.h"
#include "mysql/wire/frame.h"
#include "mysql/wire/query_request.h"
#include "mysql/wire/text_row.h"
#include "proxy/mysql_front/session.h"

namespace sabil::proxy::mysql_front {
namespace {

using invalidation::sql::StatementKind;

constexpr std::size_t identity_bytes_max = 256 * 1024;

void append_query(std::string& out, std::string_view text, mysql::Capabilities capabilities) {
    std::string payload;
    (void)mysql::build_query(payload, text, capabilities);
    std::uint8_t sequence = 0;
    mysql::append_packet(out, sequence, payload);
}

// The payload of a result's one row; empty where there is none.
std::string_view row_of(const AnswerCopy& copy, const mysql::ResponseSummary& summary) {
    const std::string_view bytes = copy.bytes();
    const auto at = static_cast<std::size_t>(summary.rows_begin);
    if (summary.failed || summary.rows != 1 || bytes.size() < at + mysql::frame_header_bytes) return {};
    return bytes.substr(at + mysql::frame_header_bytes, mysql::read_frame_header(bytes.data() + at).length);
}

std::string first_field(std::string_view row) {
    mysql::TextRowReader reader(row);
    return std::string(reader.next().value_or(std::string_view{}));
}

}  // namespace

AnswerRelay::Filter Session::filter(const Analysis* analysis) const noexcept {
    const bool client_tracks = state_.client_tracks();
    AnswerRelay::Filter filter;
    filter.active = state_.server_tracks() && (state_.tracking_injected() || !client_tracks);
    filter.client_tracks = client_tracks;
    filter.settings = &state_.identity().tracking;
    if (analysis == nullptr) return filter;
    const auto& statement = analysis->statement;
    if (state_.server().dialect == invalidation::sql::Dialect::mysql) {
        // The OK of a transaction that begins where another ended is marked as one with reports, whether it has any or not.
        filter.always_marked =
            state_.in_transaction() && (statement.kind == StatementKind::begin || statement.transaction.chain);
    } else {
        // Reading a view or calling a function of another schema is a change to MariaDB, which it takes back.
        filter.keeps_eof_mark = (statement.kind == StatementKind::select || statement.kind == StatementKind::show) &&
                                (statement.writes_known || statement.names_routine_schema);
    }
    return filter;
}

bool Session::wants_identity(const Analysis& analysis) const noexcept {
    if (state_.identified() || state_.identity_failed() || !state_.server_tracks() || state_.in_transaction() ||
        parts_.coherence.mode() == CoherenceMode::off) {
        return false;
    }
    const auto& statement = analysis.statement;
    // These neither change the session nor are they cached, and they may ask about the statement before them.
    const bool idle_talk = statement.kind == StatementKind::show ||
                           (statement.kind == StatementKind::select && statement.reads.empty() && statement.writes_known);
    return !idle_talk && !statement.reads_previous;
}

bool Session::backend_is_followed() const {
    const auto mode = parts_.coherence.mode();
    if (mode != CoherenceMode::coherent && mode != CoherenceMode::best_effort) return true;
    const auto followed = parts_.coherence.identity();
    return !followed.empty() && followed == backend_identity_;
}

Task<Session::Step> Session::ask_identity() {
    const auto capabilities = login_.server_capabilities();
    std::string out;
    append_query(out, identity_query(state_.server()), capabilities);
    append_query(out, parts_.coherence.identity_query(), capabilities);
    append_query(out, tracking_query(state_.server()), capabilities);
    if (co_await backend_.write(out)) co_return Step::lost;
    using Outcome = AnswerRelay::Outcome;
    AnswerCopy session_answer(identity_bytes_max);
    if (co_await relay_.swallow(mysql::Command::query, capabilities, &session_answer) != Outcome::done) {
        co_return Step::lost;
    }
    auto identity = parse_identity(row_of(session_answer, relay_.summary()), state_.server());
    const auto trouble = relay_.summary().error_message;
    AnswerCopy server_answer(identity_bytes_max);
    if (co_await relay_.swallow(mysql::Command::query, capabilities, &server_answer) != Outcome::done) {
        co_return Step::lost;
    }
    backend_identity_ = first_field(row_of(server_answer, relay_.summary()));
    if (co_await relay_.swallow(mysql::Command::query, capabilities, nullptr) != Outcome::done) co_return Step::lost;
    backend_used_ = system_clock().steady();
    if (!identity) {
        spdlog::warn("mysql: a session is passed through uncached, its variables could not be read: {} {}",
                     identity.error().message, trouble);
        state_.identity_failed(Bypass::identity_unknown);
    } else if (relay_.summary().failed) {
        spdlog::warn("mysql: a session is passed through uncached, the server does not report its changes: {}",
                     relay_.summary().error_message);
        state_.identity_failed(Bypass::no_session_tracking);
    } else {
        epoch_ = parts_.coherence.floor().epoch;
        state_.identify(std::move(*identity), backend_is_followed());
    }
    co_return Step::next;
}

Task<Session::Step> Session::swallow_query(std::string_view text, AnswerCopy* copy) {
    std::string out;
    append_query(out, text, login_.server_capabilities());
    if (co_await backend_.write(out)) co_return Step::lost;
    const auto outcome = co_await relay_.swallow(mysql::Command::query, login_.server_capabilities(), copy);
    co_return outcome == AnswerRelay::Outcome::done ? Step::next : Step::lost;
}

// The client is about to look at the tracking settings, or to change them: it is to find its own.
Task<Session::Step> Session::untrack() {
    const auto text = untracking_query(state_.server(), state_.identity().tracking);
    if (co_await swallow_query(text, nullptr) == Step::lost) co_return Step::lost;
    state_.tracking_removed();
    co_return Step::next;
}

bool Session::wants_replay(const Analysis& analysis) const noexcept {
    if (last_hit_.empty()) return false;
    const auto& statement = analysis.statement;
    const bool unknown = statement.kind == StatementKind::call || statement.kind == StatementKind::other ||
                         statement.kind == StatementKind::multi;
    if (last_hit_rows_only_) return analysis.names_found_rows || unknown;
    return statement.reads_previous || unknown;
}

void Session::forget_hit(const Analysis& analysis) noexcept {
    if (last_hit_.empty()) return;
    switch (analysis.statement.kind) {
        case StatementKind::select:
        case StatementKind::show:
        case StatementKind::call:
        case StatementKind::multi:
        case StatementKind::other: last_hit_.clear(); break;
        default: last_hit_rows_only_ = true; break;  // FOUND_ROWS() outlives them
    }
}

// The server runs the statement that was answered from memory, so that what asks about it finds its traces.
Task<Session::Step> Session::replay_hit() {
    const auto payload = std::exchange(last_hit_, {});
    co_return co_await replay(payload);
}

Task<Session::Step> Session::replay(const std::string& payload) {
    const auto command = static_cast<mysql::Command>(payload.front());
    if (command == mysql::Command::stmt_execute) {
        const auto id = mysql::statement_id_of(payload);
        // The client may have closed it meanwhile: the server has not.
        if (auto* statement = id ? prepared_.find(*id) : nullptr) {
            statement->server_types = statement->types;
            statement->unseen.clear();
        }
    }
    std::string packet;
    std::uint8_t sequence = 0;
    mysql::append_packet(packet, sequence, payload);
    if (co_await backend_.write(packet)) co_return Step::lost;
    const auto outcome = co_await relay_.swallow(command, login_.server_capabilities(), nullptr);
    if (command == mysql::Command::stmt_execute && keeps_definitions() && !relay_.summary().definitions.empty()) {
        // The table was changed in this very moment. The server takes its client to know these definitions from now on.
        co_return Step::lost;
    }
    co_return outcome == AnswerRelay::Outcome::done ? Step::next : Step::lost;
}

bool Session::last_hit_executed(std::uint32_t statement) const noexcept {
    if (last_hit_.empty() || static_cast<mysql::Command>(last_hit_.front()) != mysql::Command::stmt_execute) return false;
    const auto id = mysql::statement_id_of(last_hit_);
    return id && *id == statement;
}

// A statement that was answered from memory is closed on the server only once nothing can ask about that answer.
Task<Session::Step> Session::close_statement(std::string_view frame) {
    const auto id = mysql::statement_id_of(frame.substr(mysql::frame_header_bytes));
    if (id) prepared_.erase(*id);
    if (id && last_hit_executed(*id)) {
        held_close_ = frame;
        co_return Step::next;
    }
    co_return co_await forward_plain(frame);
}

Task<Session::Step> Session::release_held_close() {
    const auto id = mysql::statement_id_of(std::string_view(held_close_).substr(mysql::frame_header_bytes));
    if (id && last_hit_executed(*id)) co_return Step::next;
    const auto frame = std::exchange(held_close_, {});
    co_return co_await backend_.write(frame) ? Step::lost : Step::next;
}

// A session that lives on hits must not look idle to the server's wait_timeout.
Task<Session::Step> Session::keep_backend_awake(SteadyTime now) {
    if (!state_.identified() || now - backend_used_ <= state_.identity().wait_timeout / 2) co_return Step::next;
    const std::string_view ping("\x01\x00\x00\x00\x0e", 5);
    if (co_await backend_.write(ping)) co_return Step::lost;
    const auto outcome = co_await relay_.swallow(mysql::Command::ping, login_.server_capabilities(), nullptr);
    backend_used_ = now;
    co_return outcome == AnswerRelay::Outcome::done ? Step::next : Step::lost;
}

}  // namespace sabil::proxy::mysql_front
