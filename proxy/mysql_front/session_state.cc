#include "proxy/mysql_front/session_state.h"

#include <algorithm>
#include <bit>

namespace sabil::proxy::mysql_front {
namespace {

using invalidation::sql::Assignment;
using invalidation::sql::Reason;
using invalidation::sql::Statement;
using invalidation::sql::StatementKind;
namespace capability = mysql::capability;

constexpr std::uint32_t bit(Bypass why) noexcept { return 1U << static_cast<unsigned>(why); }

// Capabilities that shape what the server sends or how it reads a statement.
constexpr mysql::Capabilities shaping =
    capability::long_flag | capability::no_schema | capability::odbc | capability::ignore_space |
    capability::protocol_41 | capability::multi_results | capability::ps_multi_results | capability::session_track |
    capability::deprecate_eof | capability::optional_resultset_metadata | capability::mariadb_extended_metadata |
    capability::mariadb_cache_metadata | capability::query_attributes;

bool leaves_state_unread(const Statement& statement) noexcept {
    switch (statement.kind) {
        case StatementKind::call:
        case StatementKind::other: return true;
        case StatementKind::multi:
            return statement.parts.empty() || !statement.writes_known ||
                   std::any_of(statement.parts.begin(), statement.parts.end(), leaves_state_unread);
        default: return false;
    }
}

template <class Predicate>
bool any_part(const Statement& statement, Predicate predicate) {
    if (predicate(statement)) return true;
    return std::any_of(statement.parts.begin(), statement.parts.end(),
                       [&](const Statement& part) { return any_part(part, predicate); });
}

bool names_xa(const Statement& statement) {
    return any_part(statement, [](const Statement& s) { return s.kind == StatementKind::xa; });
}

bool is_off(std::string_view value) noexcept { return value == "0" || value == "OFF" || value == "off"; }

}  // namespace

void SessionState::logged_in(mysql::Capabilities client, mysql::Capabilities server, ServerKind kind,
                             unsigned collation) {
    client_ = client;
    backend_ = server;
    server_ = kind;
    reset(collation);
}

void SessionState::identify(SessionIdentity identity, bool server_is_followed) {
    identity_ = std::move(identity);
    identified_ = true;
    identity_failed_ = false;
    tracking_injected_ = true;
    set_followed(server_is_followed);
    pins_ &= ~bit(Bypass::sql_log_off);
    if (!identity_.sql_log_bin) pins_ |= bit(Bypass::sql_log_off);
    ++version_;
    refresh();
}

void SessionState::identity_failed(Bypass why) {
    identity_failed_ = true;
    pin(why);
}

void SessionState::set_followed(bool followed) noexcept {
    pins_ = followed ? pins_ & ~bit(Bypass::wrong_server) : pins_ | bit(Bypass::wrong_server);
    refresh();
}

void SessionState::forget_identity() noexcept {
    identified_ = false;
    ++version_;
    refresh();
}

void SessionState::tracking_removed() noexcept {
    tracking_injected_ = false;
    forget_identity();
}

void SessionState::reset(std::optional<unsigned> collation) {
    character_sets_ = collation ? "login " + std::to_string(*collation) : "default";
    pins_ = server_tracks() ? 0 : bit(Bypass::no_session_tracking);
    identified_ = false;
    identity_failed_ = false;
    tracking_injected_ = false;
    one_transaction_setting_ = false;
    transaction_wrote_ = false;
    ++version_;
    refresh();
}

void SessionState::pin(Bypass why) noexcept {
    pins_ |= bit(why);
    refresh();
}

void SessionState::clear_barrier() noexcept {
    has_barrier_ = false;
    barrier_gtid_.clear();
    barrier_time_ = {};
}

void SessionState::set_status(mysql::StatusFlags status) noexcept {
    if (status == status_) return;
    status_ = status;
    refresh();
}

std::string_view SessionState::isolation() const noexcept {
    const auto& current = identity_.variables[*key_variable_index("transaction_isolation")];
    return current.empty() ? identity_.variables[*key_variable_index("tx_isolation")] : current;
}

Bypass SessionState::judge_transaction() const noexcept {
    if (!in_transaction() && autocommit()) return Bypass::none;
    const auto why = in_transaction() ? Bypass::in_transaction : Bypass::autocommit_off;
    if (transactions_ != Transactions::until_write || transaction_wrote_ || one_transaction_setting_) return why;
    return isolation() == "READ-COMMITTED" ? Bypass::none : why;
}

Bypass SessionState::judge() const noexcept {
    if (pins_ != 0) return static_cast<Bypass>(std::countr_zero(pins_));
    if (!identified_) return Bypass::identity_unknown;
    static const auto auto_is_null = *key_variable_index("sql_auto_is_null");
    const auto& by_insert = identity_.variables[auto_is_null];
    if (!by_insert.empty() && !is_off(by_insert)) return Bypass::auto_is_null;
    if (one_transaction_setting_ || isolation() == "READ-UNCOMMITTED") return Bypass::read_uncommitted;
    return judge_transaction();
}

void SessionState::refresh() noexcept { bypass_ = judge(); }

void SessionState::apply_variable(const std::string& name, const std::string& value) {
    if (auto index = key_variable_index(name)) {
        if (value.size() > variable_bytes_max) {
            pins_ |= bit(Bypass::unknown_variable);
            return;
        }
        if (identity_.variables[*index] == value) return;
        identity_.variables[*index] = value;
        ++version_;
        return;
    }
    if (name == "sql_log_bin") {
        identity_.sql_log_bin = !is_off(value);
        // Turning it on again does not undo writes that nobody saw, but those are not this session's alone to read.
        pins_ = is_off(value) ? pins_ | bit(Bypass::sql_log_off) : pins_ & ~bit(Bypass::sql_log_off);
    } else if (name == "wait_timeout") {
        unsigned long seconds = 0;
        for (char c : value.substr(0, 9)) seconds = c >= '0' && c <= '9' ? seconds * 10 + static_cast<unsigned>(c - '0') : seconds;
        identity_.wait_timeout = std::chrono::seconds(seconds);
    } else if (!is_harmless_variable(name)) {
        pins_ |= bit(Bypass::unknown_variable);
    }
}

void SessionState::apply(const mysql::SessionStateChanges& changes) {
    for (const auto& change : changes) {
        if (change.type == mysql::SessionStateType::system_variable) {
            if (identified_ || tracking_injected_) apply_variable(change.name, change.value);
        } else if (change.type == mysql::SessionStateType::schema && identity_.schema != change.value) {
            identity_.schema = change.value;
            ++version_;
        }
    }
}

void SessionState::apply_assignment(const Assignment& assignment) {
    const auto kind = assignment.kind;
    auto& collation_connection = identity_.variables[*key_variable_index("collation_connection")];
    if (kind == Assignment::Kind::names) {
        character_sets_ = "names " + assignment.value + " " + assignment.collation;
        collation_connection = character_sets_;
    } else if (kind == Assignment::Kind::character_set) {
        character_sets_ = "character set " + assignment.value;
        forget_identity();  // the connection's collation is now the default schema's
    } else if (kind == Assignment::Kind::session && (assignment.name.starts_with("character_set_") ||
                                                     assignment.name == "collation_connection")) {
        character_sets_ += "; " + assignment.name + " " + assignment.value;
        if (assignment.name == "character_set_connection") collation_connection = character_sets_;
        if (character_sets_.size() > character_sets_bytes_max) pins_ |= bit(Bypass::unknown_variable);
    } else {
        return;
    }
    ++version_;
}

// Only a statement that was read tells how; a report alone does not.
void SessionState::apply_character_sets(const Analysis* analysis, const AnswerFacts& facts) {
    bool read = false;
    if (analysis != nullptr && facts.failed) {
        // A SET that fails sets nothing; the statements before it in a text of several did what they say.
        const bool several = !analysis->statement.parts.empty();
        if (several && any_part(analysis->statement, [](const Statement& s) { return !s.assignments.empty(); })) {
            pins_ |= bit(Bypass::opaque_state);
        }
        return;
    }
    if (analysis != nullptr) {
        any_part(analysis->statement, [&](const Statement& s) {
            for (const auto& assignment : s.assignments) apply_assignment(assignment);
            read = read || !s.assignments.empty();
            return false;
        });
    }
    if (read || facts.changes == nullptr || !identified_) return;
    const bool reported = std::any_of(facts.changes->begin(), facts.changes->end(), [](const auto& change) {
        return change.name == "character_set_client" || change.name == "character_set_results" ||
               change.name == "character_set_connection" || change.name == "collation_connection";
    });
    if (reported) pins_ |= bit(Bypass::opaque_state);
}

// Both servers say that they are in a transaction from XA START until it is ended or, detached by MySQL's XA PREPARE, no
// business of this session any more. One that is idle or prepared refuses reads, so even `until_write` allows none.
void SessionState::apply_xa(const Statement& statement, const AnswerFacts& facts) {
    if (facts.failed && statement.parts.empty()) return;  // it changed nothing
    const bool over = facts.has_status && !in_transaction();
    pins_ = over ? pins_ & ~bit(Bypass::xa_transaction) : pins_ | bit(Bypass::xa_transaction);
}

void SessionState::apply_statement(const Analysis& analysis, const AnswerFacts& facts, bool state_changed) {
    const auto& statement = analysis.statement;
    if (any_part(statement, [](const Statement& s) { return s.creates_temporary; })) {
        pins_ |= bit(Bypass::temporary_table);
    }
    if (any_part(statement, [](const Statement& s) { return s.kind == StatementKind::lock; })) {
        if (analysis.unlocks_tables && statement.kind == StatementKind::lock) {
            pins_ &= ~bit(Bypass::locked_tables);
        } else {
            pins_ |= bit(Bypass::locked_tables);
        }
    }
    if (analysis.names_user_lock) pins_ |= bit(Bypass::user_lock);
    if (analysis.names_release_all && !analysis.names_user_lock) pins_ &= ~bit(Bypass::user_lock);
    if (names_xa(statement)) apply_xa(statement, facts);
    if (leaves_state_unread(statement) && state_changed) pins_ |= bit(Bypass::opaque_state);
    if (any_part(statement, [](const Statement& s) {
            return s.kind == StatementKind::set_role || s.kind == StatementKind::account;
        })) {
        forget_identity();
    }
    if (any_part(statement, [](const Statement& s) {
            return std::any_of(s.assignments.begin(), s.assignments.end(),
                               [](const Assignment& a) { return a.kind == Assignment::Kind::transaction; });
        })) {
        one_transaction_setting_ = true;
    } else if (any_part(statement, [](const Statement& s) {
                   return s.kind == StatementKind::commit || s.kind == StatementKind::rollback;
               }) && !facts.failed) {
        one_transaction_setting_ = false;
    }
}

void SessionState::apply_write(const Analysis* analysis, const AnswerFacts& facts, SteadyTime now) {
    const auto gtid = facts.changes != nullptr ? mysql::tracked_gtid(*facts.changes) : std::string_view{};
    const bool writes = analysis != nullptr && may_write(analysis->statement);
    if (!gtid.empty()) {
        barrier_gtid_ = gtid;
        barrier_time_ = {};
        has_barrier_ = true;
        transaction_wrote_ = writes && in_transaction();
        return;
    }
    if (in_transaction()) {
        transaction_wrote_ = transaction_wrote_ || writes;
        return;
    }
    // Where GTIDs are reported and this answer's reports were all seen, nothing was logged.
    const bool ended_xa = analysis != nullptr && names_xa(analysis->statement);
    const bool nothing_logged = gtids_reported_ && !facts.reports_unseen && !facts.failed && !ended_xa;
    const bool changed_rows = analysis != nullptr && (analysis->statement.kind != StatementKind::write ||
                                                      facts.failed || facts.affected_rows > 0);
    if (!nothing_logged && (transaction_wrote_ || (writes && changed_rows))) {
        // No GTID tells when this write is applied: past max_staleness every hit is known to contain it.
        barrier_gtid_.clear();
        barrier_time_ = now + max_staleness_;
        has_barrier_ = true;
    }
    transaction_wrote_ = false;
}

void SessionState::answered(const Analysis* analysis, const AnswerFacts& facts, SteadyTime now) {
    if (facts.has_status) status_ = facts.status;
    bool state_changed = false;
    if (facts.changes != nullptr) {
        apply(*facts.changes);
        state_changed = std::any_of(facts.changes->begin(), facts.changes->end(), [](const auto& change) {
            return change.type == mysql::SessionStateType::state_change;
        });
    }
    apply_character_sets(analysis, facts);
    if (analysis != nullptr) apply_statement(*analysis, facts, state_changed);
    apply_write(analysis, facts, now);
    refresh();
}

std::string SessionState::fingerprint(std::uint64_t rules_version) const {
    std::string out;
    auto add = [&out](std::string_view field) {
        out.append(field);
        out.push_back('\0');
    };
    auto add_number = [&out](std::uint64_t value) {
        for (int i = 0; i < 8; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
    };
    add_number(rules_version);
    add_number(client_ & shaping);
    add(character_sets_);
    add(identity_.account);
    add(identity_.role);
    add(identity_.schema);
    for (const auto& value : identity_.variables) add(value);
    return out;
}

invalidation::sql::ParseMode SessionState::parse_mode() const {
    invalidation::sql::ParseMode mode;
    mode.dialect = server_.dialect;
    mode.server_version = server_.version;
    if (!identified_) return mode;
    const std::string_view sql_mode = identity_.variables[*key_variable_index("sql_mode")];
    mode.ansi_quotes = sql_mode.find("ANSI_QUOTES") != std::string_view::npos;
    mode.no_backslash_escapes = sql_mode.find("NO_BACKSLASH_ESCAPES") != std::string_view::npos;
    mode.pipes_as_concat = sql_mode.find("PIPES_AS_CONCAT") != std::string_view::npos;
    mode.ignore_space = sql_mode.find("IGNORE_SPACE") != std::string_view::npos;
    mode.foreign_grammar = sql_mode.find("ORACLE") != std::string_view::npos ||
                           sql_mode.find("MSSQL") != std::string_view::npos;
    mode.charset = invalidation::sql::client_charset(identity_.variables[*key_variable_index("character_set_client")]);
    return mode;
}

}  // namespace sabil::proxy::mysql_front
