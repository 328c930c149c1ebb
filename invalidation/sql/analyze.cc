// From a text to its facts: one statement, or several divided by `;`.
#include <array>
#include <iterator>
#include <utility>

#include "invalidation/sql/parser.h"

namespace sabil::invalidation::sql {

namespace {

// Those that give way to any other reason.
bool is_weak(Reason reason) noexcept {
    return reason == Reason::none || reason == Reason::sql_no_cache || reason == Reason::calc_found_rows;
}

// Text that the server would read in another way than this parser, or not at all.
void mark_unparsed(Statement& statement) {
    statement.reason = Reason::parse_error;
    statement.writes_known = false;
    if (statement.kind != StatementKind::write && statement.kind != StatementKind::ddl) {
        statement.kind = StatementKind::other;
    }
}

bool skip_to_next(Cursor& cursor) {
    while (!cursor.failed() && !cursor.at(";"_op) && !cursor.at(TokenKind::end)) cursor.take();
    return cursor.accept(";"_op);
}

void absorb(Statement& whole, const Statement& part) {
    whole.writes_known = whole.writes_known && part.writes_known;
    whole.reads_previous = whole.reads_previous || part.reads_previous;
    whole.implicit_commit = whole.implicit_commit || part.implicit_commit;
    whole.creates_temporary = whole.creates_temporary || part.creates_temporary;
    whole.writes.insert(whole.writes.end(), part.writes.begin(), part.writes.end());
}

Statement several(Cursor& cursor, const ParseMode& mode, Statement first) {
    Statement whole;
    whole.kind = StatementKind::multi;
    whole.reason = Reason::multi_statement;
    whole.parts.push_back(std::move(first));
    absorb(whole, whole.parts.back());
    bool more = true;
    while (more && !cursor.failed() && !cursor.at(TokenKind::end)) {
        if (whole.parts.size() == max_parts_count) {
            whole.writes_known = false;
            break;
        }
        whole.parts.push_back(Parser(cursor, mode).statement());
        absorb(whole, whole.parts.back());
        cursor.recover();
        more = skip_to_next(cursor);
    }
    if (cursor.unreadable()) whole.writes_known = false;
    whole.directives = cursor.directives();
    return whole;
}

// Too long to be read: what its first words say.
Statement analyze_head(std::string_view text, const ParseMode& mode) {
    constexpr std::size_t head_bytes = 4096;
    Cursor cursor(text.substr(0, head_bytes), mode);
    const bool query = cursor.at("SELECT"_w) || cursor.at("("_op);
    Statement statement = Parser(cursor, mode).statement();
    Statement head;
    if (query) {
        head.kind = StatementKind::select;
        head.reason = Reason::too_large;
    } else if (statement.kind == StatementKind::write || statement.kind == StatementKind::ddl) {
        head.kind = statement.kind;
        head.writes = std::move(statement.writes);
    }
    head.writes_known = false;
    head.implicit_commit = statement.implicit_commit;
    head.reads_previous = true;
    head.directives = cursor.directives();
    return head;
}

}  // namespace

void Parser::deny(Reason reason, std::string_view detail) {
    const bool weak = is_weak(reason);
    if (s_.reason != Reason::none && (weak || !is_weak(s_.reason))) return;
    s_.reason = reason;
    s_.detail = std::string(detail);
}

Statement Parser::statement() {
    s_.reason = Reason::none;
    dispatch();
    if (!c_.failed() && !c_.at(";"_op) && !c_.at(TokenKind::end)) {
        const std::string_view at = c_.peek().text;
        c_.fail();
        s_.detail = std::string(at.substr(0, 64));
    }
    finish();
    return std::move(s_);
}

void Parser::finish() {
    if (c_.failed()) {
        mark_unparsed(s_);
        s_.reads.clear();
        return;
    }
    if (s_.kind != StatementKind::select) {
        s_.reason = Reason::not_select;
        return;
    }
    if (gives_time_ && !reads_date_.empty()) deny(Reason::nondeterministic, reads_date_);
    s_.reads_clock_given_time = !reads_date_.empty();
    if (s_.reads.empty()) deny(Reason::no_table, "");
    if (whole_table_) {
        for (TableUse& use : s_.reads) {
            use.equalities.clear();
            use.ranges.clear();
        }
    }
    merge_uses(s_.reads);
}

Statement analyze(std::string_view text, ParseMode mode) {
    if (text.size() > max_statement_bytes) return analyze_head(text, mode);
    Cursor cursor(text, mode);
    Statement first = Parser(cursor, mode).statement();
    cursor.recover();
    const bool another = skip_to_next(cursor) && !cursor.at(TokenKind::end);
    if (cursor.unreadable()) {
        mark_unparsed(first);
        first.reads.clear();
    } else if (another) {
        return several(cursor, mode, std::move(first));
    }
    first.directives = cursor.directives();
    if (first.directives.nocache && first.kind == StatementKind::select && (is_weak(first.reason))) {
        first.reason = Reason::comment_nocache;
        first.detail = "sabil:nocache";
    }
    return first;
}

std::string_view reason_name(Reason reason) noexcept {
    static constexpr std::array<std::string_view, 19> names = {"none",
                                                               "not_select",
                                                               "parse_error",
                                                               "nondeterministic",
                                                               "session_function",
                                                               "side_effect",
                                                               "unknown_function",
                                                               "variable",
                                                               "locking_read",
                                                               "into",
                                                               "system_schema",
                                                               "temporal_table",
                                                               "no_table",
                                                               "sql_no_cache",
                                                               "comment_nocache",
                                                               "calc_found_rows",
                                                               "procedure",
                                                               "multi_statement",
                                                               "too_large"};
    const auto index = static_cast<std::size_t>(reason);
    return index < names.size() ? names[index] : std::string_view("unknown");
}

}  // namespace sabil::invalidation::sql
