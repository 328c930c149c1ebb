#include "proxy/mysql_front/analysis.h"

#include <algorithm>
#include <cctype>

namespace sabil::proxy::mysql_front {

using invalidation::sql::Reason;
using invalidation::sql::Statement;
using invalidation::sql::StatementKind;

bool contains_word(std::string_view text, std::string_view word) noexcept {
    return std::search(text.begin(), text.end(), word.begin(), word.end(), [](unsigned char a, unsigned char b) {
               return std::tolower(a) == b;
           }) != text.end();
}

bool may_write(const Statement& statement) noexcept {
    switch (statement.kind) {
        case StatementKind::write:
        case StatementKind::ddl:
        case StatementKind::account:
        case StatementKind::call:
        case StatementKind::xa:
        case StatementKind::other: return true;
        case StatementKind::multi:
            return !statement.writes_known || statement.parts.empty() ||
                   std::any_of(statement.parts.begin(), statement.parts.end(), may_write);
        default: return !statement.writes_known;
    }
}

bool lift_row_counting(Statement& statement) noexcept {
    if (statement.kind != StatementKind::select || statement.reason != Reason::calc_found_rows) return false;
    statement.reason = Reason::none;
    return true;
}

namespace {

// Blanks and letter case aside, nothing but this.
bool is_found_rows_query(std::string_view text) noexcept {
    constexpr std::string_view wanted = "selectfound_rows()";
    constexpr std::size_t select_bytes = 6;
    text = invalidation::sql::key_text(text);
    std::size_t matched = 0;
    bool blank_before = false;
    for (const char c : text) {
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            blank_before = true;
            continue;
        }
        if (matched == wanted.size()) {
            if (c != ';') return false;
            continue;
        }
        // Words are not broken, and these two are not joined.
        const bool may_follow_blank = matched == 0 || matched == select_bytes || matched >= wanted.size() - 2;
        if (blank_before ? !may_follow_blank : matched == select_bytes) return false;
        if (std::tolower(static_cast<unsigned char>(c)) != wanted[matched]) return false;
        ++matched;
        blank_before = false;
    }
    return matched == wanted.size();
}

}  // namespace

Analysis make_analysis(std::string_view text, const invalidation::sql::ParseMode& mode) {
    Analysis analysis;
    analysis.statement = invalidation::sql::analyze(text, mode);
    analysis.counts_rows = lift_row_counting(analysis.statement);
    const auto& statement = analysis.statement;
    // What follows looks for words only, in strings and comments too: a wrong yes costs a hit, never a wrong answer.
    if (!statement.cacheable()) {
        analysis.names_user_lock = contains_word(text, "get_lock");
        analysis.names_release_all = contains_word(text, "release_all_locks");
        analysis.names_found_rows = contains_word(text, "found_rows");
        analysis.asks_found_rows = analysis.names_found_rows && is_found_rows_query(text);
        analysis.unlocks_tables = statement.kind == StatementKind::lock && contains_word(text, "unlock");
        const bool lists_variables = contains_word(text, "variables") &&
                                     (statement.kind != StatementKind::show ||
                                      !(contains_word(text, "like") || contains_word(text, "where")));
        analysis.shows_tracking = contains_word(text, "session_track") || lists_variables;
    }
    return analysis;
}

}  // namespace sabil::proxy::mysql_front
