// What one SQL statement is, as far as a cache must know it. Pure: text in, facts out; no schema, no session.
// Default-deny: whatever is not fully understood is `other` or carries a reason not to cache.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sabil::invalidation::sql {

enum class Dialect : std::uint8_t { mysql, mariadb };

// The parts of sql_mode that change how text is read.
struct ParseMode {
    Dialect dialect = Dialect::mariadb;
    bool ansi_quotes = false;
    bool no_backslash_escapes = false;
    bool pipes_as_concat = false;
};

enum class StatementKind : std::uint8_t {
    select,       // reads only: SELECT, TABLE, VALUES, parenthesised or WITH ... SELECT
    write,        // INSERT, REPLACE, UPDATE, DELETE, LOAD DATA, TRUNCATE: tables in `writes` where they could be told
    ddl,          // CREATE, ALTER, DROP, RENAME ...
    account,      // GRANT, REVOKE, CREATE/ALTER/DROP USER or ROLE, SET PASSWORD ...
    begin,        // BEGIN, START TRANSACTION
    commit,
    rollback,
    savepoint,    // SAVEPOINT, ROLLBACK TO, RELEASE
    set,          // SET of variables
    set_role,
    use,          // USE schema
    call,         // CALL, DO, EXECUTE: may do anything
    prepare,      // text PREPARE / DEALLOCATE
    lock,         // LOCK/UNLOCK TABLES, FLUSH, GET_LOCK-like
    xa,
    show,         // SHOW, DESCRIBE, EXPLAIN, HELP
    multi,        // more than one statement in the text
    other,        // anything else, and whatever could not be parsed
};

// Why a SELECT is not cached. Names are stable: they are the `reason` label of sabil_bypass_total and what EXPLAIN says.
enum class Reason : std::uint8_t {
    none,                 // cacheable as far as the text can tell
    not_select,
    parse_error,
    nondeterministic,     // clock, random, UUID
    session_function,     // CONNECTION_ID(), USER(), DATABASE(), LAST_INSERT_ID(), FOUND_ROWS() ...
    side_effect,          // SLEEP, BENCHMARK, GET_LOCK, LOAD_FILE, NEXTVAL ...
    unknown_function,     // not on the allow-list, stored or loadable functions included
    variable,             // @var, @@var
    locking_read,
    into,                 // SELECT ... INTO
    system_schema,
    temporal_table,       // AS OF, FOR SYSTEM_TIME
    no_table,
    sql_no_cache,
    comment_nocache,      // /* sabil:nocache */
    calc_found_rows,      // SQL_CALC_FOUND_ROWS
    procedure,
    multi_statement,
    too_large,            // the text is longer than max_statement_bytes
};
std::string_view reason_name(Reason reason) noexcept;

// A constant the text compares with: kept as written, with its type.
struct Literal {
    enum class Type : std::uint8_t { null, integer, decimal, floating, string, binary, boolean } type = Type::null;
    std::string value;  // integer, decimal, floating: digits with sign; string: decoded bytes, in the client's character set
    bool operator==(const Literal&) const = default;
};
struct Parameter {
    std::uint16_t index = 0;  // 0-based position of the `?`
    bool operator==(const Parameter&) const = default;
};
using Operand = std::variant<Literal, Parameter>;

// `column = operand`, or `column IN (operands)`: a conjunct that must hold for a row to matter.
struct Equality {
    std::string column;
    std::vector<Operand> any_of;
};

struct TableName {
    std::string schema;  // empty: the session's default
    std::string table;
    bool operator==(const TableName&) const = default;
};

struct TableUse {
    TableName name;
    std::vector<Equality> equalities;  // empty: any change of the table matters
};

// sabil:... words in comments.
struct Directives {
    bool nocache = false;
    std::optional<std::chrono::milliseconds> ttl;
    std::string tag;
};

struct Statement {
    StatementKind kind = StatementKind::other;
    Reason reason = Reason::not_select;
    std::string detail;                // the word at fault: a function's or variable's name
    std::vector<TableUse> reads;
    std::vector<TableName> writes;
    bool writes_known = true;          // false: a write whose tables could not be told; take the whole schema
    bool reads_previous = false;       // FOUND_ROWS(), ROW_COUNT(), LAST_INSERT_ID(), SHOW WARNINGS, @@warning_count ...: its answer
                                       // depends on the statement before it
    bool implicit_commit = false;
    bool creates_temporary = false;
    std::uint16_t parameters = 0;      // number of `?`
    Directives directives;
    bool cacheable() const noexcept { return kind == StatementKind::select && reason == Reason::none; }
};

inline constexpr std::size_t max_statement_bytes = 1U << 20;

// Never throws on bad text. Costs O(length). Thread-safety: pure.
Statement analyze(std::string_view text, ParseMode mode);

// The text with literals replaced by `?` and white space folded: what SABIL QUERIES groups by. At most max_bytes.
std::string normalize(std::string_view text, ParseMode mode, std::size_t max_bytes = 4096);

// The text that goes into the cache key: leading and trailing comments that are neither hints nor /*! are left out.
// A view into `text`.
std::string_view key_text(std::string_view text) noexcept;

}  // namespace sabil::invalidation::sql
