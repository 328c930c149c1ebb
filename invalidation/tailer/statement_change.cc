#include "invalidation/tailer/statement_change.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace sabil::invalidation {

namespace {

constexpr std::uint64_t mode_pipes_as_concat = 2;
constexpr std::uint64_t mode_ansi_quotes = 4;
constexpr std::uint64_t mode_ignore_space = 8;
constexpr std::uint64_t mode_foreign_grammar = 512 | 1024;  // ORACLE, MSSQL: MariaDB
constexpr std::uint64_t mode_no_backslash_escapes = 1ULL << 20;
constexpr std::size_t words_max = 24;  // of a statement's head: what it does is said there
constexpr std::size_t xid_part_bytes_max = 64;

bool is_word(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// The first words of the text in upper case, quoted names and comments left out.
class Head {
  public:
    explicit Head(std::string_view text) {
        while (count_ < words_max && read_word(text)) {
        }
    }
    std::string_view operator[](std::size_t i) const noexcept { return i < count_ ? std::string_view(words_[i]) : ""; }

  private:
    bool read_word(std::string_view& text) {
        while (!text.empty() && !is_word(text.front())) {
            if (text.starts_with("/*") && !text.starts_with("/*!") && !text.starts_with("/*M!")) {
                auto end = text.find("*/", 2);
                if (end == std::string_view::npos) return false;
                text.remove_prefix(end + 2);
            } else if (text.front() == '`') {
                auto end = text.find('`', 1);
                if (end == std::string_view::npos) return false;
                text.remove_prefix(end + 1);
            } else {
                text.remove_prefix(1);
            }
        }
        std::string word;
        while (!text.empty() && is_word(text.front())) {
            auto c = text.front();
            word.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
            text.remove_prefix(1);
        }
        if (word.empty()) return false;
        words_[count_++] = std::move(word);
        return true;
    }
    std::array<std::string, words_max> words_;
    std::size_t count_ = 0;
};

std::string hex(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (char c : bytes) {
        out.push_back(digits[static_cast<unsigned char>(c) >> 4]);
        out.push_back(digits[static_cast<unsigned char>(c) & 15]);
    }
    return out;
}

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// X'6131' or 'a1', as the servers write them; empty at the end of its text.
bool read_xid_part(std::string_view& text, std::string& out) {
    while (text.starts_with(' ') || text.starts_with(',')) text.remove_prefix(1);
    bool is_hex = text.starts_with('X') || text.starts_with('x');
    if (is_hex) text.remove_prefix(1);
    if (!text.starts_with('\'')) return false;
    auto end = text.find('\'', 1);
    if (end == std::string_view::npos || end > 2 * xid_part_bytes_max + 1) return false;
    auto inner = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
    if (!is_hex) {
        out = inner;
        return true;
    }
    for (std::size_t i = 0; i + 1 < inner.size(); i += 2) {
        auto high = hex_digit(inner[i]);
        auto low = hex_digit(inner[i + 1]);
        if (high < 0 || low < 0) return false;
        out.push_back(static_cast<char>(high << 4 | low));
    }
    return true;
}

std::string xid_of(std::string_view text) {
    auto at = std::min(text.find('\''), text.size());
    if (at > 0 && (text[at - 1] == 'X' || text[at - 1] == 'x')) --at;
    text.remove_prefix(at);
    std::string gtrid;
    std::string bqual;
    std::uint32_t format = 1;
    if (!read_xid_part(text, gtrid)) return {};
    (void)read_xid_part(text, bqual);
    while (text.starts_with(' ') || text.starts_with(',')) text.remove_prefix(1);
    std::from_chars(text.data(), text.data() + text.size(), format);
    return xid_text(gtrid, bqual, format);
}

StatementEffect xa_effect(const Head& head) noexcept {
    if (head[1] == "START" || head[1] == "BEGIN") return StatementEffect::xa_start;
    if (head[1] == "END" || head[1] == "PREPARE") return StatementEffect::xa_end;
    if (head[1] == "COMMIT") return StatementEffect::xa_commit;
    if (head[1] == "ROLLBACK") return StatementEffect::xa_rollback;
    return StatementEffect::unknown;
}

StatementEffect control_effect(const Head& head) noexcept {
    if (head[0] == "BEGIN" || (head[0] == "START" && head[1] == "TRANSACTION")) return StatementEffect::begin;
    if (head[0] == "COMMIT") return StatementEffect::commit;
    if (head[0] == "ROLLBACK") return head[1] == "TO" ? StatementEffect::none : StatementEffect::rollback;
    if (head[0] == "XA") return xa_effect(head);
    constexpr std::array<std::string_view, 9> harmless{"SAVEPOINT", "RELEASE", "FLUSH", "ANALYZE", "OPTIMIZE",
                                                       "REPAIR",    "CHECK",   "SET",   "KILL"};
    bool sets_account = head[0] == "SET" && (head[1] == "PASSWORD" || head[1] == "DEFAULT" || head[1] == "ROLE");
    if (sets_account) return StatementEffect::accounts;
    if (std::find(harmless.begin(), harmless.end(), head[0]) != harmless.end()) return StatementEffect::none;
    return StatementEffect::unknown;
}

// Words that may stand between CREATE, ALTER or DROP and what is created.
bool is_modifier(std::string_view word) noexcept {
    constexpr std::array<std::string_view, 12> words{"OR",           "REPLACE", "TEMPORARY", "DEFINER",
                                                     "CURRENT_USER", "UNIQUE",  "FULLTEXT",  "SPATIAL",
                                                     "IGNORE",       "ONLINE",  "AGGREGATE", "VECTOR"};
    return std::find(words.begin(), words.end(), word) != words.end();
}

// Anywhere in the text, letter case aside; a name or a string that holds it counts too, which only costs misses.
bool mentions(std::string_view text, std::string_view word) {
    auto same = [](char a, char b) { return (a >= 'a' && a <= 'z' ? a - 32 : a) == b; };
    return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

StatementEffect ddl_effect(std::string_view text, const Head& head, const sql::Statement& statement) {
    std::size_t at = 1;
    while (is_modifier(head[at])) ++at;
    auto what = head[at];
    for (std::size_t i = 1; i < at; ++i) {
        if (head[i] == "TEMPORARY") return StatementEffect::none;  // seen by its own session only
    }
    constexpr std::array<std::string_view, 5> routines{"PROCEDURE", "FUNCTION", "TRIGGER", "EVENT", "TABLESPACE"};
    if (std::find(routines.begin(), routines.end(), what) != routines.end()) return StatementEffect::none;
    bool named = statement.writes_known && !statement.writes.empty();
    bool one_table = (what == "TABLE" || what == "INDEX") && !mentions(text, "RENAME") && !mentions(text, "EXCHANGE");
    if (head[0] == "TRUNCATE") return named ? StatementEffect::truncate : StatementEffect::anything;
    return named && one_table ? StatementEffect::definitions : StatementEffect::anything;
}

StatementEffect effect_of(std::string_view text, const Head& head, const sql::Statement& statement) {
    switch (statement.kind) {
        case sql::StatementKind::account:
            return StatementEffect::accounts;
        case sql::StatementKind::write:
            if (head[0] == "TRUNCATE") return ddl_effect(text, head, statement);
            return StatementEffect::rows;
        case sql::StatementKind::ddl:
            return ddl_effect(text, head, statement);
        case sql::StatementKind::call:
            return StatementEffect::rows;
        case sql::StatementKind::select:
            return StatementEffect::rows;  // SELECT f(): a function that writes
        default:
            return StatementEffect::unknown;
    }
}

}  // namespace

std::string xid_text(std::string_view gtrid, std::string_view bqual, std::uint32_t format) {
    return hex(gtrid) + '|' + hex(bqual) + '|' + std::to_string(format);
}

sql::ParseMode parse_mode(sql::Dialect dialect, std::uint32_t server_version, std::uint64_t sql_mode,
                          std::uint16_t client_collation) noexcept {
    sql::ParseMode mode;
    mode.dialect = dialect;
    mode.server_version = server_version;
    mode.ansi_quotes = (sql_mode & mode_ansi_quotes) != 0;
    mode.no_backslash_escapes = (sql_mode & mode_no_backslash_escapes) != 0;
    mode.pipes_as_concat = (sql_mode & mode_pipes_as_concat) != 0;
    mode.ignore_space = (sql_mode & mode_ignore_space) != 0;
    mode.foreign_grammar = dialect == sql::Dialect::mariadb && (sql_mode & mode_foreign_grammar) != 0;
    // big5, sjis, gbk, cp932 and gb18030, with their _bin collations: a second byte may look like a backslash.
    constexpr std::array<std::uint16_t, 13> unsafe{1, 84, 13, 88, 28, 87, 95, 96, 248, 249, 250, 1052, 1111};
    bool is_utf8 = client_collation == 0 || client_collation == 33 || client_collation == 83 ||
                   client_collation == 45 || client_collation == 46 ||
                   (client_collation >= 192 && client_collation <= 247) || client_collation >= 255;
    if (std::find(unsafe.begin(), unsafe.end(), client_collation) != unsafe.end()) {
        mode.charset = sql::ClientCharset::unsafe;
    } else if (!is_utf8) {
        mode.charset = sql::ClientCharset::ascii_based;
    }
    return mode;
}

StatementChange read_statement(std::string_view text, std::string_view default_schema, const sql::ParseMode& mode) {
    StatementChange change;
    Head head(text);
    change.effect = control_effect(head);
    if (change.effect == StatementEffect::xa_commit || change.effect == StatementEffect::xa_rollback)
        change.xid = xid_of(text);
    if (change.effect != StatementEffect::unknown) return change;
    auto statement = sql::analyze(text, mode);
    change.effect = effect_of(text, head, statement);
    for (auto& name : statement.writes) {
        if (name.schema.empty()) name.schema = default_schema;
    }
    change.tables = std::move(statement.writes);
    change.opens_transaction =
        change.effect == StatementEffect::definitions && head[0] == "CREATE" && text.ends_with("START TRANSACTION");
    return change;
}

}  // namespace sabil::invalidation
