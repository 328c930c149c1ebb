// Calls of functions: what they forbid, and the arguments of those with a grammar of their own.
#include "invalidation/sql/literal.h"
#include "invalidation/sql/parser.h"

namespace sabil::invalidation::sql {

namespace {

bool needs_adjacency(const FunctionRow& row, Dialect dialect) noexcept {
    return row.adjacent == Adjacency::both || (row.adjacent == Adjacency::mariadb && dialect == Dialect::mariadb);
}

}  // namespace

void Parser::note_function(const FunctionRow* row, std::string_view name) {
    if (row == nullptr) {
        s_.writes_known = false;
        deny(Reason::unknown_function, name);
        return;
    }
    gives_time_ = gives_time_ || row->gives_time;
    if (row->reads_date) reads_date_ = row->name;
    switch (row->kind) {
        case FunctionClass::pure:
            return;
        case FunctionClass::clock:
        case FunctionClass::random:
            deny(Reason::nondeterministic, name);
            return;
        case FunctionClass::previous:
        case FunctionClass::session:
            deny(Reason::session_function, name);
            return;
        case FunctionClass::effect:
            deny(Reason::side_effect, name);
            return;
    }
}

// LAST_INSERT_ID(x) sets what LAST_INSERT_ID() gives; UNIX_TIMESTAMP() is a clock and UNIX_TIMESTAMP(x) is none.
void Parser::note_result_of_previous(std::string_view name, bool with_arguments) {
    if (equal_ignoring_case(name, "LAST_INSERT_ID") && with_arguments) {
        deny(Reason::side_effect, name);
    } else {
        s_.reads_previous = true;
    }
}

Expr Parser::call() {
    const Level level(*this);
    const std::size_t mark = conjuncts_.size();
    const Token name = c_.take();
    const bool adjacent = !c_.peek().spaced || mode_.ignore_space;
    c_.expect("("_op);
    const FunctionRow* row = name.kind == TokenKind::word ? find_function(name.text, mode_) : nullptr;
    if (row != nullptr && !adjacent && needs_adjacency(*row, mode_.dialect)) row = nullptr;
    const bool with_arguments = !c_.at(")"_op);
    if (row != nullptr && row->kind == FunctionClass::previous) note_result_of_previous(row->name, with_arguments);
    if (row != nullptr && row->name == "UNIX_TIMESTAMP" && !with_arguments) {
        deny(Reason::nondeterministic, name.text);
    }
    note_function(row, name.kind == TokenKind::word ? std::string(name.text) : decode_name(name));
    if (row == nullptr) {
        list_arguments();
    } else {
        call_arguments(*row);
    }
    c_.expect(")"_op);
    window_tail();
    forget(mark);
    return {};
}

void Parser::list_arguments() {
    if (c_.at(")"_op)) return;
    do {
        expression();
        // A loadable function may take names for its arguments.
        if (c_.accept("AS"_w)) c_.take();
    } while (c_.accept(","_op));
}

void Parser::call_arguments(const FunctionRow& row) {
    switch (row.form) {
        case FunctionForm::list:
            if (!c_.at(")"_op)) expression_list();
            return;
        case FunctionForm::aggregate:
            aggregate_arguments();
            return;
        case FunctionForm::substring:
            substring_arguments();
            return;
        case FunctionForm::parsed_date:
            parsed_date_arguments();
            return;
        case FunctionForm::trim:
            trim_arguments();
            return;
        case FunctionForm::json_value:
            json_value_arguments();
            return;
        case FunctionForm::dynamic_columns:
            do {
                expression();
                if (c_.accept("AS"_w)) cast_type();
            } while (c_.accept(","_op));
            return;
        default:
            special_arguments(row.form);
            return;
    }
}

void Parser::special_arguments(FunctionForm form) {
    switch (form) {
        case FunctionForm::cast:
            expression();
            if (c_.accept("AT"_w)) {  // AT TIME ZONE, of MySQL
                c_.expect("TIME"_w) && c_.expect("ZONE"_w);
                c_.accept("INTERVAL"_w);
                c_.expect(TokenKind::string);
            }
            c_.expect("AS"_w) && cast_type();
            return;
        case FunctionForm::convert:
            expression();
            if (c_.accept("USING"_w)) {
                charset_name();
            } else {
                c_.expect(","_op) && cast_type();
            }
            return;
        case FunctionForm::character:
            expression_list();
            if (c_.accept("USING"_w)) charset_name();
            return;
        case FunctionForm::extract:
            unit() && c_.expect("FROM"_w);
            expression();
            return;
        case FunctionForm::position:
            bit_expression();
            c_.expect("IN"_w);
            expression();
            return;
        case FunctionForm::unit_first:
            unit() && c_.expect(","_op);
            expression_list();
            return;
        case FunctionForm::type_first:
            c_.accept_any("DATE"_w, "TIME"_w, "DATETIME"_w, "TIMESTAMP"_w) || c_.fail();
            c_.expect(","_op);
            expression();
            return;
        case FunctionForm::weight_string:
            expression();
            if (c_.accept("AS"_w)) cast_type();
            if (c_.accept("LEVEL"_w)) {
                while (!c_.failed() && !c_.at(")"_op) && !c_.at(TokenKind::end)) c_.take();
            }
            return;
        default:
            c_.fail();
            return;
    }
}

void Parser::aggregate_arguments() {
    c_.accept_any("ALL"_w, "DISTINCT"_w);
    if (c_.accept("*"_op) || c_.at(")"_op)) return;
    expression_list();
    if (c_.accept("ORDER"_w)) {
        c_.expect("BY"_w);
        order_list();
    }
    if (c_.accept("SEPARATOR"_w)) c_.expect(TokenKind::string);
    if (c_.at("LIMIT"_w)) limit_clause();
}

void Parser::substring_arguments() {
    expression();
    if (c_.accept("FROM"_w)) {
        expression();
        if (c_.accept("FOR"_w)) expression();
        return;
    }
    c_.expect(","_op);
    expression_list();
}

void Parser::parsed_date_arguments() {
    expression();
    c_.expect(","_op);
    bool date = false;
    if (c_.at(TokenKind::string)) {
        constexpr std::string_view date_parts = "YymcdeMbjUuVvXxDaW";
        const std::string_view format = c_.peek().text;
        for (std::size_t at = format.find('%'); at != std::string_view::npos; at = format.find('%', at + 2)) {
            date = date || (at + 1 < format.size() && date_parts.find(format[at + 1]) != std::string_view::npos);
        }
    }
    gives_time_ = gives_time_ || !date;
    expression();
}

void Parser::trim_arguments() {
    if (c_.accept_any("BOTH"_w, "LEADING"_w, "TRAILING"_w)) {
        if (!c_.at("FROM"_w)) expression();
        c_.expect("FROM"_w);
        expression();
        return;
    }
    expression();
    if (c_.accept("FROM"_w)) expression();
}

void Parser::json_value_arguments() {
    expression_list();
    if (c_.accept("RETURNING"_w)) cast_type();
    json_on_clauses();
}

// {NULL | ERROR | DEFAULT value} ON {EMPTY | ERROR}
void Parser::json_on_clauses() {
    while (c_.at_any("NULL"_w, "ERROR"_w, "DEFAULT"_w)) {
        if (c_.take().is("DEFAULT"_w)) unary_expression();
        c_.expect("ON"_w);
        c_.accept_any("EMPTY"_w, "ERROR"_w) || c_.fail();
    }
}

// Behind the arguments: WITHIN GROUP, FROM FIRST, RESPECT NULLS, OVER.
void Parser::window_tail() {
    if (c_.at("WITHIN"_w) && c_.peek(1).is("GROUP"_w)) {
        c_.take();
        c_.take();
        c_.expect("("_op) && c_.expect("ORDER"_w) && c_.expect("BY"_w);
        order_list();
        c_.expect(")"_op);
    }
    if (c_.at("FROM"_w) && (c_.peek(1).is("FIRST"_w) || c_.peek(1).is("LAST"_w)) &&
        (c_.peek(2).is("OVER"_w) || c_.peek(2).is("RESPECT"_w) || c_.peek(2).is("IGNORE"_w))) {
        c_.take();
        c_.take();
    }
    if (c_.at_any("RESPECT"_w, "IGNORE"_w) && c_.peek(1).is("NULLS"_w)) {
        c_.take();
        c_.take();
    }
    if (!c_.at("OVER"_w)) return;
    c_.take();
    whole_table_ = true;
    if (c_.at("("_op)) {
        window_specification();
    } else if (!c_.take().is_name()) {
        c_.fail();
    }
}

void Parser::window_specification() {
    const Level level(*this);
    c_.expect("("_op);
    const Token& first = c_.peek();
    const bool clause = c_.at_any("PARTITION"_w, "ORDER"_w, "ROWS"_w, "RANGE"_w, "GROUPS"_w);
    if (first.is_name() && !clause) c_.take();  // the window that it refines
    if (c_.accept("PARTITION"_w)) {
        c_.expect("BY"_w);
        expression_list();
    }
    if (c_.accept("ORDER"_w)) {
        c_.expect("BY"_w);
        order_list();
    }
    if (c_.accept_any("ROWS"_w, "RANGE"_w, "GROUPS"_w)) window_frame();
    c_.expect(")"_op);
}

void Parser::window_frame() {
    if (c_.accept("BETWEEN"_w)) {
        frame_bound();
        c_.expect("AND"_w);
    }
    frame_bound();
    if (!c_.accept("EXCLUDE"_w)) return;
    if (c_.accept("NO"_w)) {
        c_.expect("OTHERS"_w);
    } else if (c_.accept("CURRENT"_w)) {
        c_.expect("ROW"_w);
    } else {
        c_.accept_any("GROUP"_w, "TIES"_w) || c_.fail();
    }
}

void Parser::frame_bound() {
    if (c_.accept("CURRENT"_w)) {
        c_.expect("ROW"_w);
        return;
    }
    if (!c_.accept("UNBOUNDED"_w)) bit_expression();
    c_.accept_any("PRECEDING"_w, "FOLLOWING"_w) || c_.fail();
}

}  // namespace sabil::invalidation::sql
