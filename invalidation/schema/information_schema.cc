#include "invalidation/schema/information_schema.h"

#include <algorithm>
#include <map>

namespace sabil::invalidation {

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

std::string text_of(const TextRow& row, std::size_t at) {
    return row[at].value_or(std::string{});
}

const TextRows& answer(const std::array<TextRows, schema_questions.size()>& answers, SchemaQuestion question) {
    return answers.at(static_cast<std::size_t>(question));
}

constexpr std::size_t width(SchemaQuestion question) noexcept {
    switch (question) {
        case SchemaQuestion::tables:
            return 3;
        case SchemaQuestion::columns:
            return 6;
        case SchemaQuestion::views:
            return 2;
        case SchemaQuestion::foreign_keys:
            return 5;
        case SchemaQuestion::foreign_key_rules:
            return 4;
    }
    return 0;
}

// Engines whose changes are logged where this server makes them.
bool logged_engine(std::string_view engine) noexcept {
    constexpr std::array<std::string_view, 7> engines{"innodb", "myisam",  "aria", "rocksdb",
                                                      "memory", "archive", "csv"};
    return std::find(engines.begin(), engines.end(), lower(engine)) != engines.end();
}

TableKind kind_of(std::string_view type, std::string_view engine) noexcept {
    if (type == "VIEW") return TableKind::view;
    bool base = type == "BASE TABLE" || type == "SYSTEM VERSIONED";
    return base && logged_engine(engine) ? TableKind::base : TableKind::unlogged;
}

Column read_column(const TextRow& row) {
    Column column;
    column.name = text_of(row, 1);
    column.type = lower(text_of(row, 2));
    column.is_unsigned = lower(text_of(row, 3)).find("unsigned") != std::string::npos;
    column.collation = lower(text_of(row, 4));
    column.generated = lower(text_of(row, 5)).find(" generated") != std::string::npos;
    // A generated column ("VIRTUAL GENERATED", not "DEFAULT_GENERATED") need not be in the row image.
    if (!column.generated) column.value_class = value_class_of(column.type, column.collation);
    return column;
}

// A view is as cacheable as its definition is.
std::vector<sql::TableUse> read_view(const std::string& text, const sql::ParseMode& mode) {
    if (text.empty()) return {};
    auto statement = sql::analyze(text, mode);
    if (!statement.cacheable() || statement.reads_clock_given_time) return {};
    for (auto& use : statement.reads) {
        use.equalities.clear();
        use.ranges.clear();
    }
    return std::move(statement.reads);
}

std::vector<ForeignKey> read_foreign_keys(const std::string& schema, const TextRows& keys, const TextRows& rules) {
    std::map<std::pair<std::string, std::string>, ForeignKey> found;  // by table and name
    for (const auto& row : keys) {
        auto& key = found[{text_of(row, 1), text_of(row, 0)}];
        key.name = text_of(row, 0);
        key.child = {schema, text_of(row, 1)};
        key.parent = {text_of(row, 2), text_of(row, 3)};
        key.parent_columns.push_back(text_of(row, 4));
    }
    auto changes = [](const std::string& rule) { return rule != "NO ACTION" && rule != "RESTRICT"; };
    for (const auto& row : rules) {
        auto at = found.find({text_of(row, 1), text_of(row, 0)});
        if (at == found.end()) continue;
        at->second.on_update = changes(text_of(row, 2));
        at->second.on_delete = changes(text_of(row, 3));
    }
    std::vector<ForeignKey> out;
    for (auto& [name, key] : found) {
        if (key.on_delete || key.on_update) out.push_back(std::move(key));
    }
    return out;
}

}  // namespace

int TableDefinition::column(std::string_view column_name) const noexcept {
    auto same = [](char a, char b) {
        auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
        return fold(a) == fold(b);
    };
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const auto& mine = columns[i].name;
        if (std::equal(mine.begin(), mine.end(), column_name.begin(), column_name.end(), same))
            return static_cast<int>(i);
    }
    return -1;
}

std::string_view schema_question_text(SchemaQuestion question) noexcept {
    switch (question) {
        case SchemaQuestion::tables:
            return "SELECT TABLE_NAME, TABLE_TYPE, ENGINE FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?";
        case SchemaQuestion::columns:
            return "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, COLLATION_NAME, EXTRA "
                   "FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? ORDER BY TABLE_NAME, ORDINAL_POSITION";
        case SchemaQuestion::views:
            return "SELECT TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_SCHEMA = ?";
        case SchemaQuestion::foreign_keys:
            return "SELECT CONSTRAINT_NAME, TABLE_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, "
                   "REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE "
                   "WHERE TABLE_SCHEMA = ? AND REFERENCED_TABLE_NAME IS NOT NULL "
                   "ORDER BY TABLE_NAME, CONSTRAINT_NAME, ORDINAL_POSITION";
        case SchemaQuestion::foreign_key_rules:
            return "SELECT CONSTRAINT_NAME, TABLE_NAME, UPDATE_RULE, DELETE_RULE "
                   "FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = ?";
    }
    return {};
}

Result<SchemaDefinition> read_schema(std::string name, const std::array<TextRows, schema_questions.size()>& answers,
                                     const sql::ParseMode& mode) {
    for (auto question : schema_questions) {
        const auto& rows = answer(answers, question);
        if (rows.size() > schema_rows_count_max) {
            return fail(ErrorCode::out_of_range, "schema " + name + " has more than " +
                                                     std::to_string(schema_rows_count_max) + " columns or keys");
        }
        for (const auto& row : rows) {
            if (row.size() < width(question))
                return fail(ErrorCode::invalid, "information_schema gave a row too narrow");
        }
    }
    std::map<std::string, TableDefinition> tables;
    for (const auto& row : answer(answers, SchemaQuestion::tables)) {
        auto& table = tables[text_of(row, 0)];
        table.schema = name;
        table.name = text_of(row, 0);
        table.kind = kind_of(text_of(row, 1), text_of(row, 2));
    }
    for (const auto& row : answer(answers, SchemaQuestion::columns)) {
        auto at = tables.find(text_of(row, 0));
        if (at != tables.end()) at->second.columns.push_back(read_column(row));
    }
    for (const auto& row : answer(answers, SchemaQuestion::views)) {
        auto at = tables.find(text_of(row, 0));
        if (at != tables.end()) at->second.view_reads = read_view(text_of(row, 1), mode);
    }
    SchemaDefinition schema;
    schema.foreign_keys = read_foreign_keys(name, answer(answers, SchemaQuestion::foreign_keys),
                                            answer(answers, SchemaQuestion::foreign_key_rules));
    schema.name = std::move(name);
    for (auto& [table_name, table] : tables) {
        schema.tables.emplace(table_name, std::make_shared<const TableDefinition>(std::move(table)));
    }
    return schema;
}

}  // namespace sabil::invalidation
