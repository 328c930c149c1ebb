// The words of the grammar, as small numbers. A generated table: the reserved ones are what MySQL 9.7 lists in
// information_schema.KEYWORDS and what MariaDB 10.11 refuses as a column name; the others have a meaning in some place.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "invalidation/sql/statement.h"

namespace sabil::invalidation::sql {

struct WordRow {
    std::string_view name;
    std::uint8_t reserved;  // bit 0: in MySQL, bit 1: in MariaDB
};

// clang-format off
inline constexpr auto word_rows = std::to_array<WordRow>({
    {"ACCESSIBLE", 3}, {"ACCOUNT", 0}, {"ADD", 3}, {"AGAINST", 0}, {"AGGREGATE", 0}, {"ALGORITHM", 0}, {"ALL", 3},
    {"ALTER", 3}, {"ALWAYS", 0}, {"ANALYZE", 3}, {"AND", 3}, {"ANY", 0}, {"ARRAY", 0}, {"AS", 3}, {"ASC", 3},
    {"ASENSITIVE", 3}, {"AT", 0}, {"ATOMIC", 0}, {"AUTOCOMMIT", 0}, {"BACKUP", 0}, {"BEFORE", 3}, {"BEGIN", 0},
    {"BETWEEN", 3}, {"BIGINT", 3}, {"BINARY", 3}, {"BINLOG", 0}, {"BIT", 0}, {"BLOB", 3}, {"BOOLEAN", 0}, {"BOTH", 3},
    {"BY", 3}, {"CACHE", 0}, {"CALL", 3}, {"CASCADE", 3}, {"CASE", 3}, {"CHAIN", 0}, {"CHANGE", 3}, {"CHAR", 3},
    {"CHARACTER", 3}, {"CHARSET", 0}, {"CHECK", 3}, {"CHECKSUM", 0}, {"CLONE", 0}, {"CLOSE", 0}, {"COLLATE", 3},
    {"COLUMN", 3}, {"COLUMNS", 0}, {"COMMIT", 0}, {"COMMITTED", 0}, {"COMPONENT", 0}, {"CONCURRENT", 0},
    {"CONDITION", 3}, {"CONSISTENT", 0}, {"CONSTRAINT", 3}, {"CONTINUE", 3}, {"CONVERT", 3}, {"COUNT", 0},
    {"CREATE", 3}, {"CROSS", 3}, {"CUBE", 1}, {"CUME_DIST", 1}, {"CURRENT", 0}, {"CURRENT_DATE", 3},
    {"CURRENT_ROLE", 2}, {"CURRENT_TIME", 3}, {"CURRENT_TIMESTAMP", 3}, {"CURRENT_USER", 3}, {"CURRVAL", 0},
    {"CURSOR", 3}, {"CYCLE", 0}, {"D", 0}, {"DATA", 0}, {"DATABASE", 1}, {"DATABASES", 3}, {"DATE", 0},
    {"DATETIME", 0}, {"DAY", 0}, {"DAY_HOUR", 3}, {"DAY_MICROSECOND", 3}, {"DAY_MINUTE", 3}, {"DAY_SECOND", 3},
    {"DEALLOCATE", 0}, {"DEC", 3}, {"DECIMAL", 3}, {"DECLARE", 3}, {"DEFAULT", 3}, {"DEFERRED", 0}, {"DEFINER", 0},
    {"DELAYED", 3}, {"DELETE", 3}, {"DELETE_DOMAIN_ID", 2}, {"DENSE_RANK", 1}, {"DESC", 3}, {"DESCRIBE", 3},
    {"DETERMINISTIC", 3}, {"DIAGNOSTICS", 0}, {"DISABLE", 0}, {"DISTINCT", 3}, {"DISTINCTROW", 3}, {"DIV", 3},
    {"DO", 0}, {"DOUBLE", 3}, {"DO_DOMAIN_IDS", 2}, {"DROP", 3}, {"DUAL", 3}, {"DUALITY", 0}, {"DUMPFILE", 0},
    {"DUPLICATE", 0}, {"EACH", 3}, {"ELSE", 3}, {"ELSEIF", 3}, {"EMPTY", 1}, {"ENABLE", 0}, {"ENCLOSED", 3},
    {"END", 0}, {"ERROR", 0}, {"ERRORS", 0}, {"ESCAPE", 0}, {"ESCAPED", 3}, {"EVENT", 0}, {"EXAMINED", 0},
    {"EXCEPT", 3}, {"EXCHANGE", 0}, {"EXCLUDE", 0}, {"EXECUTE", 0}, {"EXISTS", 3}, {"EXIT", 3}, {"EXPANSION", 0},
    {"EXPLAIN", 3}, {"EXTENDED", 0}, {"EXTERNAL", 1}, {"FALSE", 3}, {"FETCH", 3}, {"FIELDS", 0}, {"FIRST", 0},
    {"FIRST_VALUE", 1}, {"FIXED", 0}, {"FLOAT", 3}, {"FLOAT4", 3}, {"FLOAT8", 3}, {"FLUSH", 0}, {"FN", 0},
    {"FOLLOWING", 0}, {"FOR", 3}, {"FORCE", 3}, {"FOREIGN", 3}, {"FORMAT", 0}, {"FROM", 3}, {"FULL", 0},
    {"FULLTEXT", 3}, {"FUNCTION", 1}, {"GENERATED", 1}, {"GET", 1}, {"GLOBAL", 0}, {"GRANT", 3}, {"GROUP", 3},
    {"GROUPING", 1}, {"GROUPS", 1}, {"HANDLER", 0}, {"HAVING", 3}, {"HELP", 0}, {"HIGH_PRIORITY", 3}, {"HISTORY", 0},
    {"HOUR", 0}, {"HOUR_MICROSECOND", 3}, {"HOUR_MINUTE", 3}, {"HOUR_SECOND", 3}, {"IDENTIFIED", 0}, {"IDENTITY", 0},
    {"IF", 3}, {"IGNORE", 3}, {"IGNORE_DOMAIN_IDS", 2}, {"IMMEDIATE", 0}, {"IMPORT", 0}, {"IN", 3}, {"INDEX", 3},
    {"INET4", 0}, {"INET6", 0}, {"INFILE", 3}, {"INNER", 3}, {"INOUT", 3}, {"INSENSITIVE", 3}, {"INSERT", 3},
    {"INSTALL", 0}, {"INSTANCE", 0}, {"INT", 3}, {"INT1", 3}, {"INT2", 3}, {"INT3", 3}, {"INT4", 3}, {"INT8", 3},
    {"INTEGER", 3}, {"INTERSECT", 3}, {"INTERVAL", 3}, {"INTO", 3}, {"INVOKER", 0}, {"IO_AFTER_GTIDS", 1},
    {"IO_BEFORE_GTIDS", 1}, {"IS", 3}, {"ISOLATION", 0}, {"ITERATE", 3}, {"JOIN", 3}, {"JSON", 0}, {"JSON_TABLE", 1},
    {"KEY", 3}, {"KEYS", 3}, {"KILL", 3}, {"LAG", 1}, {"LANGUAGE", 0}, {"LAST", 0}, {"LASTVAL", 0}, {"LAST_VALUE", 1},
    {"LATERAL", 1}, {"LEAD", 1}, {"LEADING", 3}, {"LEAVE", 3}, {"LEFT", 3}, {"LEVEL", 0}, {"LIBRARY", 1}, {"LIKE", 3},
    {"LIMIT", 3}, {"LINEAR", 3}, {"LINES", 3}, {"LOAD", 3}, {"LOCAL", 0}, {"LOCALTIME", 3}, {"LOCALTIMESTAMP", 3},
    {"LOCK", 3}, {"LOCKED", 0}, {"LOGFILE", 0}, {"LOGS", 0}, {"LONG", 3}, {"LONGBLOB", 3}, {"LONGTEXT", 3},
    {"LOOP", 3}, {"LOW_PRIORITY", 3}, {"MAPPING", 0}, {"MASTER", 0}, {"MASTER_DEMOTE_TO_REPLICA", 2},
    {"MASTER_DEMOTE_TO_SLAVE", 2}, {"MASTER_SSL_VERIFY_SERVER_CERT", 2}, {"MATCH", 3}, {"MATCHED", 0},
    {"MATERIALIZED", 0}, {"MAXVALUE", 3}, {"MAX_STATEMENT_TIME", 0}, {"MEDIUMBLOB", 3}, {"MEDIUMINT", 3},
    {"MEDIUMTEXT", 3}, {"MEMBER", 0}, {"MERGE", 0}, {"MICROSECOND", 0}, {"MIDDLEINT", 3}, {"MINUS", 0}, {"MINUTE", 0},
    {"MINUTE_MICROSECOND", 3}, {"MINUTE_SECOND", 3}, {"MOD", 3}, {"MODE", 0}, {"MODIFIES", 3}, {"MONTH", 0},
    {"MULTIPOLYGON", 0}, {"NAMES", 0}, {"NATIONAL", 0}, {"NATIVE", 0}, {"NATURAL", 3}, {"NCHAR", 0}, {"NESTED", 0},
    {"NEXT", 0}, {"NEXTVAL", 0}, {"NO", 0}, {"NONBLOCKING", 0}, {"NONE", 0}, {"NOT", 3}, {"NOWAIT", 0},
    {"NO_WRITE_TO_BINLOG", 3}, {"NTH_VALUE", 1}, {"NTILE", 1}, {"NULL", 3}, {"NULLS", 0}, {"NUMERIC", 3}, {"OF", 1},
    {"OFFSET", 2}, {"OJ", 0}, {"OLD", 0}, {"ON", 3}, {"ONE", 0}, {"ONLINE", 0}, {"ONLY", 0}, {"OPEN", 0},
    {"OPTIMIZE", 3}, {"OPTIMIZER_COSTS", 1}, {"OPTION", 1}, {"OPTIONALLY", 3}, {"OR", 3}, {"ORDER", 3},
    {"ORDINALITY", 0}, {"OTHERS", 0}, {"OUT", 3}, {"OUTER", 3}, {"OUTFILE", 3}, {"OVER", 3}, {"OVERLAPS", 0},
    {"PACKAGE", 0}, {"PAGE_CHECKSUM", 2}, {"PARALLEL", 0}, {"PARSE_VCOL_EXPR", 2}, {"PARTITION", 3},
    {"PARTITIONS", 0}, {"PASSWORD", 0}, {"PATH", 0}, {"PERCENT_RANK", 1}, {"PERSIST", 0}, {"PERSIST_ONLY", 0},
    {"PLUGIN", 0}, {"POINT", 0}, {"POLYGON", 0}, {"PORTION", 2}, {"PRECEDING", 0}, {"PRECISION", 3}, {"PREPARE", 0},
    {"PREVIOUS", 0}, {"PRIMARY", 3}, {"PRIVILEGES", 0}, {"PROCEDURE", 3}, {"PROCESSLIST", 0}, {"PROXY", 0},
    {"PUBLIC", 0}, {"PURGE", 3}, {"QUALIFY", 1}, {"QUARTER", 0}, {"QUERY", 0}, {"QUERY_RESPONSE_TIME", 0},
    {"QUICK", 0}, {"RANGE", 3}, {"RANK", 1}, {"READ", 3}, {"READS", 3}, {"READ_WRITE", 3}, {"REAL", 3},
    {"RECURSIVE", 3}, {"REFERENCE", 0}, {"REFERENCES", 3}, {"REF_SYSTEM_ID", 2}, {"REGEXP", 3}, {"RELEASE", 3},
    {"RENAME", 3}, {"REORGANIZE", 0}, {"REPAIR", 0}, {"REPEAT", 3}, {"REPEATABLE", 0}, {"REPLACE", 3}, {"REPLICA", 0},
    {"REQUIRE", 3}, {"RESET", 0}, {"RESIGNAL", 3}, {"RESOURCE", 0}, {"RESPECT", 0}, {"RESTART", 0}, {"RESTRICT", 3},
    {"RETURN", 3}, {"RETURNING", 2}, {"REVERSE", 0}, {"REVOKE", 3}, {"RIGHT", 3}, {"RLIKE", 3}, {"ROLE", 0},
    {"ROLLBACK", 0}, {"ROLLUP", 0}, {"ROW", 1}, {"ROWS", 3}, {"ROW_NUMBER", 3}, {"SAVEPOINT", 0}, {"SCHEMA", 1},
    {"SCHEMAS", 3}, {"SECOND", 0}, {"SECOND_MICROSECOND", 3}, {"SECURITY", 0}, {"SELECT", 3}, {"SENSITIVE", 3},
    {"SEPARATOR", 3}, {"SEQUENCE", 0}, {"SERIALIZABLE", 0}, {"SERVER", 0}, {"SESSION", 0}, {"SESSION_USER", 0},
    {"SET", 3}, {"SHARE", 0}, {"SHOW", 3}, {"SHUTDOWN", 0}, {"SIGNAL", 3}, {"SIGNED", 0}, {"SKIP", 0}, {"SLAVE", 0},
    {"SMALLINT", 3}, {"SNAPSHOT", 0}, {"SOME", 0}, {"SONAME", 0}, {"SOUNDS", 0}, {"SPATIAL", 3}, {"SPECIFIC", 3},
    {"SQL", 3}, {"SQLEXCEPTION", 3}, {"SQLSTATE", 3}, {"SQLWARNING", 3}, {"SQL_BIG_RESULT", 3},
    {"SQL_BUFFER_RESULT", 0}, {"SQL_CACHE", 0}, {"SQL_CALC_FOUND_ROWS", 3}, {"SQL_NO_CACHE", 0},
    {"SQL_SMALL_RESULT", 3}, {"SQL_TSI_DAY", 0}, {"SQL_TSI_FRAC_SECOND", 0}, {"SQL_TSI_HOUR", 0},
    {"SQL_TSI_MICROSECOND", 0}, {"SQL_TSI_MINUTE", 0}, {"SQL_TSI_MONTH", 0}, {"SQL_TSI_QUARTER", 0},
    {"SQL_TSI_SECOND", 0}, {"SQL_TSI_WEEK", 0}, {"SQL_TSI_YEAR", 0}, {"SSL", 3}, {"STAGE", 0}, {"START", 0},
    {"STARTING", 3}, {"STATEMENT", 0}, {"STATS_AUTO_RECALC", 2}, {"STATS_PERSISTENT", 2}, {"STATS_SAMPLE_PAGES", 2},
    {"STATUS", 0}, {"STOP", 0}, {"STORED", 1}, {"STRAIGHT_JOIN", 3}, {"SUBPARTITION", 0}, {"SYSTEM", 1},
    {"SYSTEM_TIME", 0}, {"T", 0}, {"TABLE", 3}, {"TABLES", 0}, {"TABLESAMPLE", 1}, {"TABLESPACE", 0},
    {"TEMPORARY", 0}, {"TEMPTABLE", 0}, {"TERMINATED", 3}, {"THEN", 3}, {"TIES", 0}, {"TIME", 0}, {"TIMESTAMP", 0},
    {"TINYBLOB", 3}, {"TINYINT", 3}, {"TINYTEXT", 3}, {"TO", 3}, {"TRADITIONAL", 0}, {"TRAILING", 3},
    {"TRANSACTION", 0}, {"TREE", 0}, {"TRIGGER", 3}, {"TRUE", 3}, {"TRUNCATE", 0}, {"TS", 0}, {"UNBOUNDED", 0},
    {"UNCOMMITTED", 0}, {"UNDO", 3}, {"UNINSTALL", 0}, {"UNION", 3}, {"UNIQUE", 3}, {"UNKNOWN", 0}, {"UNLOCK", 3},
    {"UNSIGNED", 3}, {"UNTIL", 0}, {"UPDATE", 3}, {"USAGE", 3}, {"USE", 3}, {"USER", 0}, {"USING", 3},
    {"UTC_DATE", 3}, {"UTC_TIME", 3}, {"UTC_TIMESTAMP", 3}, {"UUID", 0}, {"VALUE", 0}, {"VALUES", 3},
    {"VARBINARY", 3}, {"VARCHAR", 3}, {"VARCHARACTER", 3}, {"VARYING", 3}, {"VECTOR", 0}, {"VIA", 0}, {"VIEW", 0},
    {"VIRTUAL", 1}, {"WAIT", 0}, {"WARNINGS", 0}, {"WEEK", 0}, {"WHEN", 3}, {"WHERE", 3}, {"WHILE", 3}, {"WINDOW", 1},
    {"WITH", 3}, {"WITHIN", 0}, {"WITHOUT", 0}, {"WORK", 0}, {"WRITE", 3}, {"XA", 0}, {"XML", 0}, {"XOR", 3},
    {"YEAR", 0}, {"YEAR_MONTH", 3}, {"ZEROFILL", 3}, {"ZONE", 0},
});
// clang-format on

// 0: not a word of the grammar; else 1 + the index of its row.
enum class Word : std::uint16_t { none = 0 };

constexpr std::size_t longest_word_bytes() {
    std::size_t longest = 0;
    for (const WordRow& row : word_rows) longest = row.name.size() > longest ? row.name.size() : longest;
    return longest;
}

// first_word_row[c - 'A'] is the first row whose name starts with c or a later letter.
constexpr std::array<std::uint16_t, 27> first_word_rows() {
    std::array<std::uint16_t, 27> first{};
    std::size_t row = 0;
    for (std::size_t letter = 0; letter < 27; ++letter) {
        while (row < word_rows.size() && word_rows[row].name[0] < static_cast<char>('A' + letter)) ++row;
        first[letter] = static_cast<std::uint16_t>(row);
    }
    return first;
}
inline constexpr auto first_word_row = first_word_rows();

// `upper` is in upper case and not empty.
constexpr Word find_word(std::string_view upper) noexcept {
    const char c = upper[0];
    if (c < 'A' || c > 'Z') return Word::none;
    const auto letter = static_cast<std::size_t>(c - 'A');
    for (std::size_t row = first_word_row[letter]; row < first_word_row[letter + 1]; ++row) {
        if (word_rows[row].name == upper) return static_cast<Word>(row + 1);
    }
    return Word::none;
}

constexpr bool is_reserved(Word word, Dialect dialect) noexcept {
    if (word == Word::none) return false;
    return (word_rows[static_cast<std::size_t>(word) - 1].reserved & (dialect == Dialect::mysql ? 1 : 2)) != 0;
}

// "SELECT"_w; a word that is not in the table does not compile.
consteval Word operator""_w(const char* text, std::size_t size) {
    const Word found = find_word({text, size});
    if (found == Word::none) throw "not a word of the grammar";
    return found;
}

}  // namespace sabil::invalidation::sql
