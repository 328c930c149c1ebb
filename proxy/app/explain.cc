#include "proxy/app/explain.h"

#include <algorithm>

#include "invalidation/sql/statement.h"
#include "proxy/mysql_front/analysis.h"

namespace sabil::proxy::app {
namespace {

namespace sql = invalidation::sql;

std::string operand_text(const sql::Operand& operand) {
    if (std::holds_alternative<sql::Parameter>(operand)) return "?";
    const auto& literal = std::get<sql::Literal>(operand);
    if (literal.type == sql::Literal::Type::null) return "NULL";
    return literal.type == sql::Literal::Type::string ? "'" + literal.value + "'" : literal.value;
}

std::string equality_text(const sql::Equality& equality) {
    if (equality.any_of.size() == 1) return equality.column + " = " + operand_text(equality.any_of[0]);
    std::string list;
    for (const auto& operand : equality.any_of) list += (list.empty() ? "" : ", ") + operand_text(operand);
    return equality.column + " IN (" + list + ")";
}

std::string use_text(const sql::TableUse& use, const std::string& default_schema) {
    std::string out = use.name.schema.empty() ? default_schema : use.name.schema;
    out += (out.empty() ? "" : ".") + use.name.table;
    for (std::size_t i = 0; i < use.equalities.size(); ++i) {
        out += (i == 0 ? " where " : " and ") + equality_text(use.equalities[i]);
    }
    return out;
}

std::string reason_text(const sql::Statement& statement) {
    std::string out(sql::reason_name(statement.reason));
    if (!statement.detail.empty()) out += " (" + statement.detail + ")";
    return out;
}

// What the schema makes of a statement that its text allows to be cached.
void add_dependencies(resp::AdminRecord& record, const sql::Statement& statement, Coherence* coherence,
                      const std::string& default_schema) {
    std::string reads;
    for (const auto& use : statement.reads) reads += (reads.empty() ? "" : "; ") + use_text(use, default_schema);
    record.emplace_back("reads", reads);
    if (coherence == nullptr) {
        record.emplace_back("dependencies", std::string("unknown: no database is connected"));
        return;
    }
    std::vector<ParameterValue> parameters(statement.parameters);
    for (auto& parameter : parameters) parameter.literal = {sql::Literal::Type::integer, "1"};
    auto found = coherence->dependencies(statement, default_schema, parameters);
    if (!found.dependencies) {
        record[0].second = std::string("no");
        record.emplace_back("reason", found.reason);
        return;
    }
    auto rows = std::count_if(found.dependencies->begin(), found.dependencies->end(),
                              [](const auto& dependency) { return dependency.signature != 0; });
    record.emplace_back("dependencies", rows > 0 ? "rows with these values (" + std::to_string(rows) + ")"
                                                 : std::string("every change of these tables"));
}

}  // namespace

Result<resp::AdminRecord> explain_statement(std::string_view text, Coherence* coherence,
                                            const std::string& default_schema) {
    if (text.find_first_not_of(" \t\r\n;") == std::string_view::npos) {
        return fail(ErrorCode::invalid, "the statement is empty");
    }
    sql::ParseMode mode;
    if (coherence != nullptr) mode.dialect = coherence->dialect();
    auto statement = sql::analyze(text, mode);
    mysql_front::lift_row_counting(statement);
    auto normalized = sql::normalize(text, mode);
    resp::AdminRecord record{{"cacheable", std::string(statement.cacheable() ? "yes" : "no")}};
    if (statement.cacheable()) {
        add_dependencies(record, statement, coherence, default_schema);
    } else {
        record.emplace_back("reason", reason_text(statement));
    }
    record.emplace_back("statement", normalized);
    record.emplace_back("digest", sql::digest(normalized));
    if (statement.cacheable()) {
        record.emplace_back("key",
                            std::string("text, schema, account, protocol, parameters' types and values, capabilities, "
                                        "character sets, sql_mode, time_zone and the session's other settings"));
    }
    if (statement.directives.ttl) {
        record.emplace_back("ttl_ms", std::int64_t{statement.directives.ttl->count()});
    }
    if (!statement.directives.tag.empty()) record.emplace_back("tag", statement.directives.tag);
    return record;
}

}  // namespace sabil::proxy::app
