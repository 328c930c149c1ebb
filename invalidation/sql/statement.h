// What one SQL statement is, as far as a cache must know it. Pure: text in, facts out; no schema, no session.
// Default-deny: whatever is not fully understood is `other` or carries a reason not to cache.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sabil::invalidation::sql {

enum class Dialect : std::uint8_t { mysql, mariadb };

// How bytes above 0x7f read in the client's character set (character_set_client).
enum class ClientCharset : std::uint8_t {
    utf8,         // utf8mb3, utf8mb4, ascii: such bytes may be part of an unquoted word
    ascii_based,  // latin1, cp1251, ujis ...: understood inside quotes and comments only
    unsafe,  // gbk, big5, sjis, cp932, gb18030: a second byte may look like a backslash; only pure ASCII text is read
    unsupported,  // anything else: nothing is read
};
// By the server's name of the character set, any letter case.
ClientCharset client_charset(std::string_view name) noexcept;

// What changes how text is read: the dialect, the character set, and parts of sql_mode.
struct ParseMode {
    Dialect dialect = Dialect::mariadb;
    bool ansi_quotes = false;
    bool no_backslash_escapes = false;
    bool pipes_as_concat = false;
    bool ignore_space = false;
    bool foreign_grammar = false;  // sql_mode has ORACLE or MSSQL, which change the grammar: nothing is read
    ClientCharset charset = ClientCharset::utf8;
    std::uint32_t server_version = 0;  // 101100 = 10.11.0, 90700 = 9.7.0; 0 = unknown: versioned comments above the
                                       // oldest supported server are not understood
};

enum class StatementKind : std::uint8_t {
    select,   // reads only: SELECT, TABLE, VALUES, parenthesised or WITH ... SELECT
    write,    // INSERT, REPLACE, UPDATE, DELETE, LOAD DATA, TRUNCATE: tables in `writes` where they could be told
    ddl,      // CREATE, ALTER, DROP, RENAME ...
    account,  // GRANT, REVOKE, CREATE/ALTER/DROP USER or ROLE, SET PASSWORD ...
    begin,    // BEGIN, START TRANSACTION
    commit,
    rollback,
    savepoint,  // SAVEPOINT, ROLLBACK TO, RELEASE
    set,        // SET of variables
    set_role,
    use,      // USE schema
    call,     // CALL, DO, EXECUTE, EXECUTE IMMEDIATE: may do anything
    prepare,  // text PREPARE / DEALLOCATE
    lock,     // LOCK/UNLOCK TABLES, FLUSH, GET_LOCK-like
    xa,
    show,   // SHOW, DESCRIBE, EXPLAIN, HELP
    multi,  // more than one statement in the text
    other,  // anything else, and whatever could not be parsed (then writes_known is false)
};

// Why a SELECT is not cached. Names are stable: they are the `reason` label of sabil_bypass_total and what EXPLAIN
// says. The first one met in the text is given, except that parse_error goes before all, and that calc_found_rows,
// sql_no_cache and comment_nocache are given only where nothing else stands in the way.
enum class Reason : std::uint8_t {
    none,  // cacheable as far as the text can tell
    not_select,
    parse_error,
    nondeterministic,  // clock, random, UUID
    session_function,  // CONNECTION_ID(), USER(), DATABASE(), LAST_INSERT_ID(), FOUND_ROWS() ...
    side_effect,       // SLEEP, BENCHMARK, GET_LOCK, LOAD_FILE, NEXTVAL ...
    unknown_function,  // not on the allow-list, stored or loadable functions included
    variable,          // @var, @@var
    locking_read,
    into,  // SELECT ... INTO
    system_schema,
    temporal_table,  // AS OF, FOR SYSTEM_TIME
    no_table,
    sql_no_cache,
    comment_nocache,  // /* sabil:nocache */
    calc_found_rows,  // SQL_CALC_FOUND_ROWS
    procedure,
    multi_statement,
    too_large,  // the text is longer than max_statement_bytes
};
std::string_view reason_name(Reason reason) noexcept;

// A constant the text compares with: kept as written, with its type.
struct Literal {
    enum class Type : std::uint8_t { null, integer, decimal, floating, string, binary, boolean } type = Type::null;
    std::string
        value;  // integer, decimal, floating: digits with sign; string: decoded bytes, in the client's character set;
                // binary (x'..', 0x.., b'..'): bytes (compares as a number with a numeric column); boolean: "1" or "0"
    bool operator==(const Literal&) const = default;
};
struct Parameter {
    std::uint16_t index = 0;  // 0-based position of the `?`
    bool operator==(const Parameter&) const = default;
};
using Operand = std::variant<Literal, Parameter>;

// A column of one of the tables in Statement::reads.
struct ColumnUse {
    std::size_t read = 0;  // index into Statement::reads
    std::string column;
    bool operator==(const ColumnUse&) const = default;
};

// `column = operand`, or `column IN (operands)`: a conjunct that must hold for a row to matter. The column was written
// with the table's alias, or alone where its block reads one table only: where the table has no such column (a
// reference to an outer block), there is no such conjunct.
struct Equality {
    std::string column;
    std::vector<Operand> any_of;
    // Not empty: not in the text but implied by equalities of columns; holds only if the column and all of these have
    // one and the same type and collation.
    std::vector<ColumnUse> propagated_from;
};

// `column BETWEEN low AND high`, `column < high`, `column LIKE 'text%'` ...: a conjunct as an equality is. Ends count as
// inside, whatever was written: more than the range does no harm.
struct Range {
    std::string column;
    std::optional<Operand> low;   // none: open below
    std::optional<Operand> high;  // none: open above
    bool is_prefix = false;       // `low` is a text with which the column's must begin
    bool operator==(const Range&) const = default;
};

struct TableName {
    std::string schema;  // empty: the session's default
    std::string table;
    bool operator==(const TableName&) const = default;
};

// A name that a statement reads. Names are as written (without quotes); a view is a name like any other. Each name is
// listed once, but `news.t` and `t` both are: where two uses turn out to be one base table, drop the equalities of
// both.
struct TableUse {
    TableName name;
    std::vector<Equality> equalities;  // empty, and no ranges: any change of the table matters
    std::vector<Range> ranges = {};    // drop them wherever the equalities are dropped
};

// sabil:... words in comments.
struct Directives {
    bool nocache = false;
    std::optional<std::chrono::milliseconds> ttl;
    std::string tag;
};

// One item of SET.
struct Assignment {
    enum class Kind : std::uint8_t {
        session,        // x = .., SESSION x, LOCAL x, @@x, @@session.x
        global,         // GLOBAL x, @@global.x, PERSIST, PERSIST_ONLY
        user_variable,  // @x
        names,          // NAMES value [COLLATE collation]
        character_set,  // CHARACTER SET value, CHARSET value
        transaction,    // TRANSACTION for the next one only; name is isolation_level or access_mode
        session_transaction,
        global_transaction,
    } kind = Kind::session;
    std::string name;   // lower case, without @; empty for names and character_set
    std::string value;  // as written: an expression's text, or e.g. `READ COMMITTED`, `READ ONLY`
    std::optional<Literal>
        literal;            // where the value is a constant or a bare word (type string; ON, utf8mb4); not for DEFAULT
    std::string collation;  // of NAMES .. COLLATE
    bool operator==(const Assignment&) const = default;
};

// Words of BEGIN, START TRANSACTION, COMMIT and ROLLBACK.
struct TransactionOptions {
    bool consistent_snapshot = false;
    bool read_only = false;
    bool chain = false;
    bool release = false;
    bool operator==(const TransactionOptions&) const = default;
};

struct Statement {
    StatementKind kind = StatementKind::other;
    Reason reason = Reason::not_select;
    std::string detail;  // the word at fault: a function's or variable's name
    std::vector<TableUse> reads;
    std::vector<TableName> writes;  // write, ddl: every table, view or sequence named as a target
    bool writes_known = true;       // false: may change tables that are not in `writes` (unparsed, CALL, functions not
                                    // on the allow-list, DROP DATABASE); take the whole schema, see `schema`
    std::string schema;             // use: the new default; CREATE, ALTER, DROP DATABASE: the one it changes
    std::vector<Assignment> assignments;  // set
    TransactionOptions transaction;
    bool reads_clock_given_time = false;  // uses a function or CAST that reads today's date if its argument is of type
                                          // TIME: not cacheable where a table that it reads has such a column
    bool reads_previous = false;  // FOUND_ROWS(), ROW_COUNT(), LAST_INSERT_ID(), SHOW WARNINGS, @@warning_count ...:
                                  // its answer depends on the statement before it
    bool names_routine_schema = false;  // calls schema.function(), which runs in that schema
    bool implicit_commit = false;
    bool creates_temporary = false;
    std::uint16_t parameters = 0;  // number of `?`
    Directives directives;
    std::vector<Statement>
        parts;  // multi: the statements in order, at most max_parts_count (then writes_known is false)
    bool cacheable() const noexcept { return kind == StatementKind::select && reason == Reason::none; }
};

inline constexpr std::size_t max_statement_bytes = 1U << 20;  // above: only kind and leading target are told
inline constexpr std::size_t max_parts_count = 64;
inline constexpr std::size_t max_nesting_levels = 200;
inline constexpr std::size_t max_operands_count = 64;  // of one equality; above: no equality
inline constexpr std::size_t max_parameters_count = 65535;

// Never throws on bad text. Costs O(length). Thread-safety: pure. Whether the session's default schema is a system
// schema is the caller's to check.
Statement analyze(std::string_view text, ParseMode mode);

// The text with literals replaced by `?` and white space folded: what SABIL QUERIES groups by. At most max_bytes,
// cut at a word where it is longer.
std::string normalize(std::string_view text, ParseMode mode, std::size_t max_bytes = 4096);

// 16 hexadecimal digits that name a normalised text in SABIL QUERIES and SABIL PURGE QUERY. Stable within one build.
std::string digest(std::string_view normalized);

// The text that goes into the cache key: white space and comments that are neither hints nor /*! are left out at both
// ends. Where the character set or sql_mode could make it doubtful what is a comment, it stays. A view into `text`.
std::string_view key_text(std::string_view text) noexcept;

}  // namespace sabil::invalidation::sql
