// Commands that carry statements: what is known of them before they are sent, and what follows from their answers.
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>

#include <openssl/sha.h>

#include <algorithm>
#include <array>

#include "mysql/wire/execute_request.h"
#include "mysql/wire/frame.h"
#include "mysql/wire/query_request.h"
#include "proxy/mysql_front/session.h"
#include "proxy/mysql_front/state_filter.h"

namespace sabil::proxy::mysql_front {
namespace {

using invalidation::sql::Reason;
using invalidation::sql::StatementKind;

SteadyTime now() noexcept { return system_clock().steady(); }

// A statement too large to be read: it may be and do anything.
AnalysisRef unread_analysis() {
    static const AnalysisRef analysis = [] {
        Analysis unread;
        unread.statement.kind = StatementKind::other;
        unread.statement.reason = Reason::too_large;
        unread.statement.writes_known = false;
        return std::make_shared<const Analysis>(std::move(unread));
    }();
    return analysis;
}

// MariaDB reads another schema's view from within that schema, and tells of the way back.
bool tells_of_changes(const mysql::SessionStateChanges& changes, const std::string& schema) {
    using mysql::SessionStateType;
    const bool came_back = std::any_of(changes.begin(), changes.end(), [&](const auto& change) {
        return change.type == SessionStateType::schema && change.value == schema;
    });
    return std::any_of(changes.begin(), changes.end(), [&](const auto& change) {
        if (change.type == SessionStateType::system_variable) return change.name != "statement_id";
        if (change.type == SessionStateType::schema) return change.value != schema;
        return !(came_back && change.type == SessionStateType::state_change);
    });
}

bool ends_transaction(const invalidation::sql::Statement& statement) {
    return statement.kind == StatementKind::commit || statement.implicit_commit ||
           std::any_of(statement.parts.begin(), statement.parts.end(), ends_transaction);
}

}  // namespace

void Session::count_bypass(const Analysis& analysis, Reason reason) { worker_->count_bypass(analysis.id, reason); }

Task<Session::Step> Session::on_query(std::string_view frame) {
    const auto payload = frame.substr(mysql::frame_header_bytes);
    auto request = mysql::parse_query(payload, login_.client_capabilities());
    if (!request) co_return co_await forward_plain(frame);  // the server has the right words for it
    Read read;
    read.frame = frame;
    read.text = request->text;
    read.began = batch_began_;
    read.analysis = worker_->analyses.find_or_make(read.text, state_.parse_mode());
    if (wants_identity(*read.analysis)) {
        if (co_await ask_identity() == Step::lost) co_return Step::lost;
        read.analysis = worker_->analyses.find_or_make(read.text, state_.parse_mode());
        const auto served = try_serve(payload);
        if (served == Served::large) co_return co_await send_large();
        if (served == Served::yes) co_return co_await flush();
    }
    if (read.analysis->asks_found_rows && request->attributes.empty()) co_return co_await on_found_rows(read);
    counted_.reset();
    if (!request->attributes.empty() && read.analysis->statement.cacheable()) {
        count_bypass(*read.analysis, "query_attributes");
        co_return co_await forward_statement(read, nullptr);
    }
    co_return co_await decide(read);
}

Task<Session::Step> Session::decide(Read& read) {
    const auto& statement = read.analysis->statement;
    Reason reason;
    if (!statement.cacheable()) {
        reason = invalidation::sql::reason_name(statement.reason);
    } else if (!may_serve()) {
        reason = bypass_name(parts_.coherence.mode() == CoherenceMode::off ? Bypass::coherence_off : state_.bypass());
    } else {
        reason = barrier_reason();
    }
    if (reason.empty()) co_return co_await read_through(read);
    count_bypass(*read.analysis, reason);
    const auto step = co_await forward_statement(read, nullptr);
    parts_.metrics.bypass_took(now() - read.began, read.text);
    co_return step;
}

Task<Session::Step> Session::on_prepare(std::string_view frame) {
    const auto text = frame.substr(mysql::frame_header_bytes + 1);
    PreparedStatement statement;
    if (text.size() <= PreparedStatements::text_bytes_max) {
        statement.analysis = worker_->analyses.find_or_make(text, state_.parse_mode());
        if (wants_identity(*statement.analysis)) {
            if (co_await ask_identity() == Step::lost) co_return Step::lost;
            statement.analysis = worker_->analyses.find_or_make(text, state_.parse_mode());
        }
        (void)may_serve();  // brings the fingerprint up to date
        statement.text = text;
    } else {
        statement.analysis = unread_analysis();
    }
    // Tables are looked up at preparation: with a temporary one about, the name may mean something else.
    const bool sure = state_.identified() && state_.bypass() != Bypass::temporary_table;
    statement.fingerprint = sure ? fingerprint_ : 0;
    statement.schema = state_.identity().schema;
    if (co_await forward_plain(frame, statement.analysis.get()) == Step::lost) co_return Step::lost;
    const auto& summary = relay_.summary();
    if (!summary.failed) {
        statement.id = summary.prepared.statement_id;
        statement.parameters = summary.prepared.parameters;
        if (keeps_definitions()) note_definitions(statement);
        prepared_.add(std::move(statement));
    }
    co_return Step::next;
}

Task<Session::Step> Session::on_execute(std::string_view frame) {
    const auto payload = frame.substr(mysql::frame_header_bytes);
    const auto id = mysql::statement_id_of(payload);
    auto* statement = id ? prepared_.find(*id) : nullptr;
    const auto view = statement == nullptr
                          ? std::nullopt
                          : view_execute(payload, login_.client_capabilities(), statement->parameters);
    Read read;
    read.frame = frame;
    read.command = mysql::Command::stmt_execute;
    read.began = batch_began_;
    if (!view) {
        read.analysis = unread_analysis();
        co_return co_await forward_statement(read, nullptr);
    }
    read.analysis = statement->analysis;
    read.text = statement->text;
    read.prepared = statement;
    read.execute = *view;
    if (view->types_follow && statement->types != view->types &&
        co_await bind_types(*statement, view->types) == Step::lost) {
        co_return Step::lost;
    }
    const bool sent_ahead = std::exchange(statement->long_data, false);
    Reason reason;
    if (!statement->analysis->statement.cacheable()) {
        co_return co_await decide(read);
    } else if (statement->fingerprint == 0) {
        reason = "prepared_unidentified";
    } else if (statement->types_changed) {
        reason = "parameter_types_changed";
    } else if (!definitions_are_known(*statement)) {
        reason = "definitions_unknown";
    } else if (sent_ahead) {
        reason = "long_data";
    } else if ((view->flags & ~mysql::cursor_flag::parameter_count_available) != 0) {
        reason = "cursor";
    } else if (view->has_attributes) {
        reason = "query_attributes";
    } else {
        if (wants_identity(*read.analysis)) {
            if (co_await ask_identity() == Step::lost) co_return Step::lost;
        }
        co_return co_await decide(read);
    }
    count_bypass(*read.analysis, reason);
    co_return co_await forward_statement(read, nullptr);
}

// MySQL from 8.0.22 on resolves a statement anew when parameters come with other types, and keeps to what it then finds:
// what a column of the result looks like depends on all types bound so far. Such a statement is not cached any more, and
// the server is shown what it missed.
bool Session::types_are_remembered() const noexcept {
    return state_.server().dialect == invalidation::sql::Dialect::mysql && state_.server().version >= 80022;
}

Task<Session::Step> Session::bind_types(PreparedStatement& statement, std::string_view types) {
    const bool first = statement.types.empty();
    if (!first && types_are_remembered()) {
        statement.types_changed = true;
        const auto unseen = std::exchange(statement.unseen, {});
        if (!unseen.empty() && co_await replay(unseen) == Step::lost) co_return Step::lost;
    }
    statement.types = types;
    co_return Step::next;
}

bool Session::keeps_definitions() const noexcept {
    return mysql::has(login_.server_capabilities(), mysql::capability::mariadb_cache_metadata);
}

// Such a client is sent a result's definitions only where the server thinks that they are not those it has: after a
// change, or of character_set_client. So only results without are kept, under the definitions they belong to, and served
// only to sessions of which the server thinks the same.
bool Session::definitions_are_known(const PreparedStatement& statement) const noexcept {
    return !keeps_definitions() ||
           (!statement.definitions.empty() && statement.definitions_confirmed == fingerprint_ && fingerprint_ != 0);
}

void Session::note_definitions(PreparedStatement& statement) {
    const auto& summary = relay_.summary();
    const auto& sent = summary.definitions;
    if (!sent.empty() && sent.size() < mysql::ResponseTracker::definitions_bytes_max && summary.resultsets <= 1) {
        unsigned char digest[SHA256_DIGEST_LENGTH];
        SHA256(reinterpret_cast<const unsigned char*>(sent.data()), sent.size(), digest);
        statement.definitions.assign(reinterpret_cast<const char*>(digest), sizeof digest);
    } else if (!sent.empty()) {
        statement.definitions.clear();
    } else if (!summary.definitions_omitted) {
        return;
    }
    refresh_fingerprint();
    statement.definitions_confirmed = state_.identified() ? fingerprint_ : 0;
}

Task<Session::Step> Session::on_bulk_execute(std::string_view frame) {
    const auto id = mysql::statement_id_of(frame.substr(mysql::frame_header_bytes));
    auto* statement = id ? prepared_.find(*id) : nullptr;
    Read read;
    read.frame = frame;
    read.command = mysql::Command::stmt_bulk_execute;
    read.began = batch_began_;
    read.analysis = statement != nullptr ? statement->analysis : unread_analysis();
    if (statement != nullptr) {
        statement->server_types.clear();
        statement->definitions.clear();
    }
    co_return co_await forward_statement(read, nullptr);
}

// A packet that is not kept: it goes past in pieces, and what it was is guessed on the safe side.
Task<Session::Step> Session::on_large_packet() {
    while (client_.input().data().size() < execute_head_bytes) {
        if (co_await client_.read(1)) co_return Step::lost;
    }
    const auto head = client_.input().data().substr(mysql::frame_header_bytes);
    const auto command = static_cast<mysql::Command>(head.front());
    auto analysis = unread_analysis();
    if (command == mysql::Command::stmt_send_long_data || command == mysql::Command::stmt_execute) {
        const auto id = mysql::statement_id_of(head);
        if (auto* statement = id ? prepared_.find(*id) : nullptr) {
            analysis = statement->analysis;
            statement->long_data = command == mysql::Command::stmt_send_long_data;
            // Whether it brought types was not looked at: the next execution has to.
            if (command == mysql::Command::stmt_execute) statement->fingerprint = 0;
        }
    }
    if (command != mysql::Command::stmt_send_long_data) {
        if (state_.server_tracks() && !state_.identified() && !state_.identity_failed()) {
            if (co_await ask_identity() == Step::lost) co_return Step::lost;
        }
        begin_write(analysis);
    }
    const auto sent = co_await relay_.forward_packet();
    if (sent == AnswerRelay::Outcome::client_lost) co_return Step::lost;
    // Where the server refused it half-way, its reason may be waiting.
    const auto outcome = co_await relay_.forward(command, login_.server_capabilities(), filter(analysis.get()), nullptr, nullptr);
    if (outcome != AnswerRelay::Outcome::done || sent != AnswerRelay::Outcome::done) co_return Step::lost;
    client_.input().shrink(4 * Channel::read_bytes_min);
    if (command == mysql::Command::stmt_send_long_data) co_return Step::next;
    forget_hit(*analysis);
    after_answer(analysis.get());
    co_return Step::next;
}

Task<bool> Session::send_command(const Read& read) {
    auto* statement = read.prepared;
    if (statement == nullptr) co_return !co_await backend_.write(read.frame);
    statement->unseen.clear();
    if (read.execute.types_follow) {
        statement->server_types = read.execute.types;
    } else if (read.execute.types_at != 0 && statement->server_types != statement->types) {
        std::string payload;
        append_with_types(payload, read.frame.substr(mysql::frame_header_bytes), read.execute, statement->types);
        statement->server_types = statement->types;
        std::string packet;
        std::uint8_t sequence = 0;
        mysql::append_packet(packet, sequence, payload);
        co_return !co_await backend_.write(packet);
    }
    co_return !co_await backend_.write(read.frame);
}

Task<Session::Step> Session::forward_statement(const Read& read, AnswerCopy* copy, std::string* held_back) {
    const auto analysis = read.analysis;
    if (wants_replay(*analysis) && co_await replay_hit() == Step::lost) co_return Step::lost;
    if (analysis->shows_tracking && state_.tracking_injected() && co_await untrack() == Step::lost) {
        co_return Step::lost;
    }
    begin_write(analysis);
    const bool sent = co_await send_command(read);
    const bool hold = parts_.options.write_ack == WriteAck::applied && copy == nullptr &&
                      parts_.coherence.mode() == CoherenceMode::coherent &&
                      (may_write(analysis->statement) || ends_transaction(analysis->statement));
    std::string held;
    const auto outcome = co_await relay_.forward(read.command, login_.server_capabilities(), filter(analysis.get()), copy,
                                                 hold ? &held : held_back);
    if (outcome != AnswerRelay::Outcome::done || !sent) co_return Step::lost;
    forget_hit(*analysis);
    if (read.prepared != nullptr && keeps_definitions()) note_definitions(*read.prepared);
    after_answer(analysis.get());
    if (hold) co_return co_await finish_write(held);
    co_return Step::next;
}

// write_ack = "applied": the client hears of its write once every reader through this port will see it.
Task<Session::Step> Session::finish_write(const std::string& held) {
    if (!relay_.summary().failed && state_.has_barrier() && !state_.barrier_gtid().empty() &&
        !parts_.coherence.applied_contains(state_.barrier_gtid())) {
        const auto executor = worker_->worker.context().get_executor();
        auto timer = std::make_shared<Timer>(executor, parts_.options.write_ack_limit);
        parts_.coherence.async_applied(state_.barrier_gtid(), parts_.options.write_ack_limit, [timer, executor](bool) {
            asio::post(executor, [timer] { timer->expires_at(SteadyTime::min()); });
        });
        std::error_code ignored;
        co_await timer->async_wait(asio::redirect_error(use_task, ignored));
    }
    co_return co_await client_.write(held) ? Step::lost : Step::next;
}

void Session::begin_write(const AnalysisRef& analysis) {
    if (!may_write(analysis->statement)) return;
    if (open_writes_.size() >= open_writes_count_max) return begin_write_of_anything();
    open_writes_.push_back({analysis, state_.identity().schema});
    parts_.coherence.write_begin(analysis->statement, state_.identity().schema);
}

// A transaction of very many writes: one that may have touched everything stands for the rest.
void Session::begin_write_of_anything() {
    if (open_writes_.size() > open_writes_count_max) return;
    open_writes_.push_back({unread_analysis(), state_.identity().schema});
    parts_.coherence.write_begin(unread_analysis()->statement, state_.identity().schema);
}

void Session::end_writes() noexcept {
    const bool unlogged = state_.identified() && !state_.identity().sql_log_bin;
    for (const auto& write : open_writes_) {
        parts_.coherence.write_end(write.analysis->statement, write.schema);
        if (unlogged) parts_.coherence.unlogged_write(write.analysis->statement);
    }
    open_writes_.clear();
}

void Session::after_answer(const Analysis* analysis) {
    const auto& summary = relay_.summary();
    AnswerFacts facts;
    facts.failed = summary.failed;
    facts.status = summary.status;
    facts.has_status = !summary.failed && summary.told_status;
    facts.affected_rows = summary.affected_rows;
    mysql::SessionStateChanges changes;
    reported_changes_ = false;
    if (!summary.session_state.empty()) {
        if (auto parsed = read_session_changes(summary.session_state)) {
            changes = std::move(*parsed);
            facts.changes = &changes;
            reported_changes_ = tells_of_changes(changes, state_.identity().schema);
        } else {
            state_.pin(Bypass::opaque_state);
        }
    }
    // An EOF carries no reports: MariaDB's tells that there were some, MySQL's not even that.
    const bool ends_in_eof = summary.resultsets > 0 && !mysql::has(login_.server_capabilities(),
                                                                   mysql::capability::deprecate_eof);
    facts.reports_unseen = ends_in_eof && (state_.server().dialect == invalidation::sql::Dialect::mysql ||
                                           (summary.status & mysql::status::session_state_changed) != 0);
    note_rights_read(analysis, changes);
    state_.set_gtids_reported(state_.tracking_injected() && parts_.coherence.mode() == CoherenceMode::coherent);
    backend_used_ = now();
    state_.answered(analysis, facts, backend_used_);
    if (!open_writes_.empty() && !state_.in_transaction()) end_writes();
}

}  // namespace sabil::proxy::mysql_front
