// Facts of a statement as short text, for tables of expectations.
#pragma once

#include <string>

#include "invalidation/sql/statement.h"

namespace sabil::invalidation::sql {

inline std::string show(const Operand& operand) {
    if (const auto* parameter = std::get_if<Parameter>(&operand)) return "?" + std::to_string(parameter->index);
    const auto& literal = std::get<Literal>(operand);
    switch (literal.type) {
        case Literal::Type::null:
            return "NULL";
        case Literal::Type::string:
            return "'" + literal.value + "'";
        case Literal::Type::binary:
            return "x'" + literal.value + "'";
        case Literal::Type::boolean:
            return literal.value == "1" ? "TRUE" : "FALSE";
        default:
            return literal.value;
    }
}

inline std::string show(const TableName& name) {
    return name.schema.empty() ? name.table : name.schema + "." + name.table;
}

// "t(id=5 x=1|2) u(t_id=5<t.id)"
inline std::string show_reads(const Statement& statement) {
    std::string out;
    for (const TableUse& use : statement.reads) {
        if (!out.empty()) out += ' ';
        out += show(use.name);
        if (use.equalities.empty()) continue;
        out += '(';
        for (const Equality& equality : use.equalities) {
            if (out.back() != '(') out += ' ';
            out += equality.column + "=";
            for (const Operand& operand : equality.any_of) {
                if (out.back() != '=') out += '|';
                out += show(operand);
            }
            for (const ColumnUse& from : equality.propagated_from) {
                out += "<" + show(statement.reads[from.read].name) + "." + from.column;
            }
        }
        out += ')';
    }
    return out;
}

inline std::string show_writes(const Statement& statement) {
    std::string out;
    for (const TableName& name : statement.writes) out += (out.empty() ? "" : " ") + show(name);
    if (!statement.writes_known) out += out.empty() ? "?" : " ?";
    return out;
}

}  // namespace sabil::invalidation::sql
