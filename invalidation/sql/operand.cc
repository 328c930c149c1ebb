// Operands: constants, columns, what stands in parentheses, and the words that form an expression of their own.
#include <algorithm>
#include <charconv>

#include "invalidation/sql/literal.h"
#include "invalidation/sql/parser.h"

namespace sabil::invalidation::sql {

Expr Parser::operand() {
    const Token& token = c_.peek();
    switch (token.kind) {
        case TokenKind::string:
            return string_operand();
        case TokenKind::integer:
        case TokenKind::decimal:
        case TokenKind::floating:
        case TokenKind::hex:
        case TokenKind::bit:
        case TokenKind::null_escape:
            return constant_operand();
        case TokenKind::national_string:
            c_.take();
            return {};
        case TokenKind::parameter:
            return parameter_operand();
        case TokenKind::quoted_word:
            return column_or_call();
        case TokenKind::word:
            return word_operand();
        case TokenKind::user_variable:
            deny(Reason::variable, token.text);
            c_.take();
            if (c_.accept(":="_op)) expression();
            return {};
        case TokenKind::op:
            break;
        default:
            c_.fail();
            return {};
    }
    if (token.is("("_op)) return parenthesised();
    if (token.is("{"_op)) return odbc_escape();
    if (token.is("@@"_op)) {
        system_variable();
        return {};
    }
    c_.fail();
    return {};
}

Expr Parser::constant_operand() {
    Expr out;
    out.shape = Expr::Shape::constant;
    out.constant.token = c_.take();
    return out;
}

Expr Parser::parameter_operand() {
    Expr out = constant_operand();
    if (s_.parameters == max_parameters_count) {
        c_.fail();
        return {};
    }
    out.constant.parameter = s_.parameters++;
    return out;
}

// Adjacent literals are one. With a comment between them it is a string like any other, but no constant of a footprint.
Expr Parser::string_operand() {
    Expr out = constant_operand();
    Token& span = out.constant.token;
    while (c_.at(TokenKind::string)) {
        const char* gap_begin = span.text.data() + span.text.size();
        const Token next = c_.take();
        const std::string_view gap(gap_begin, static_cast<std::size_t>(next.text.data() - gap_begin));
        if (gap.find_first_not_of(" \t\r\n\v\f") != std::string_view::npos) out.shape = Expr::Shape::other;
        span.text = {span.text.data(),
                     static_cast<std::size_t>(next.text.data() + next.text.size() - span.text.data())};
    }
    return out;
}

void Parser::system_variable() {
    c_.take();
    if (c_.accept_any("GLOBAL"_w, "SESSION"_w, "LOCAL"_w, "PERSIST"_w)) c_.expect("."_op);
    const Token variable = c_.take();
    if (!variable.is_name()) c_.fail();
    std::string found = lower_case(decode_name(variable));
    while (c_.accept("."_op)) {  // a component's or a key cache's variable
        if (!c_.take().is_name()) c_.fail();
    }
    if (found == "warning_count" || found == "error_count" || found == "last_insert_id" || found == "identity") {
        s_.reads_previous = true;
    }
    deny(Reason::variable, "@@" + found);
}

Expr Parser::parenthesised() {
    const Level level(*this);
    const std::size_t mark = conjuncts_.size();
    c_.expect("("_op);
    Expr inner;
    if (at_query()) {
        query_expression();
        inner.shape = Expr::Shape::query;
    } else {
        inner = expression();
        if (inner.shape == Expr::Shape::query && (at_set_operator() || at_query_tail())) {
            query_rest();
        } else if (c_.accept(","_op)) {
            expression_list();
            forget(mark);
            inner = {};
        }
    }
    c_.expect(")"_op);
    return inner;
}

// {d '2024-01-01'}, {ts '..'}, {fn f(..)}
Expr Parser::odbc_escape() {
    const Level level(*this);
    const std::size_t mark = conjuncts_.size();
    c_.take();
    if (!c_.take().is_name()) c_.fail();
    expression();
    forget(mark);
    c_.expect("}"_op);
    return {};
}

Expr Parser::word_operand() {
    const Token& token = c_.peek();
    if (token.word == Word::none) {
        // A character set in front of a literal makes it one of that set.
        if (token.text[0] == '_') {
            const TokenKind following = c_.peek(1).kind;
            if (following == TokenKind::string || following == TokenKind::hex || following == TokenKind::bit) {
                c_.take();
                if (following == TokenKind::string) return string_operand(), Expr{};
                c_.take();
                return {};
            }
        }
        return column_or_call();
    }
    const bool string_follows = c_.peek(1).kind == TokenKind::string;
    if (string_follows && c_.at_any("DATE"_w, "TIME"_w, "TIMESTAMP"_w)) {
        gives_time_ = gives_time_ || c_.at("TIME"_w);
        c_.take();
        c_.take();
        return {};
    }
    if ((c_.at("NEXT"_w) || c_.at("PREVIOUS"_w)) && c_.peek(1).is("VALUE"_w) && c_.peek(2).is("FOR"_w)) {
        return sequence_value();
    }
    if (c_.peek(1).is("("_op) && c_.at_any("ROW"_w, "VALUES"_w, "VALUE"_w, "DEFAULT"_w)) return row_or_default();
    if (!is_reserved(token.word, mode_.dialect)) return column_or_call();
    return reserved_operand();
}

Expr Parser::reserved_operand() {
    const Token& token = c_.peek();
    const bool opens = c_.peek(1).is("("_op);
    if (token.is("NULL"_w) || token.is("TRUE"_w) || token.is("FALSE"_w)) return constant_operand();
    if (token.is("CASE"_w)) return case_expression();
    if (token.is("EXISTS"_w)) return exists();
    if (token.is("INTERVAL"_w)) return interval();
    if (token.is("MATCH"_w)) return match_against();
    if (token.is("DEFAULT"_w)) {  // a value in INSERT and UPDATE
        c_.take();
        return {};
    }
    if (c_.at_any("CURRENT_DATE"_w, "CURRENT_TIME"_w, "CURRENT_TIMESTAMP"_w, "CURRENT_USER"_w, "CURRENT_ROLE"_w,
                  "LOCALTIME"_w, "LOCALTIMESTAMP"_w, "UTC_DATE"_w, "UTC_TIME"_w, "UTC_TIMESTAMP"_w)) {
        return bare_clock();
    }
    if (opens && find_function(token.text, mode_) != nullptr) return call();
    c_.fail();
    return {};
}

// ROW(..), VALUES(column) of ON DUPLICATE KEY UPDATE, DEFAULT(column): that may be an expression of any kind.
Expr Parser::row_or_default() {
    if (c_.at("DEFAULT"_w)) deny(Reason::unknown_function, "DEFAULT");
    c_.take();
    c_.take();
    const std::size_t mark = conjuncts_.size();
    expression_list();
    forget(mark);
    c_.expect(")"_op);
    return {};
}

// CURRENT_TIMESTAMP, CURRENT_USER ...: functions with or without parentheses.
Expr Parser::bare_clock() {
    if (c_.peek(1).is("("_op)) return call();
    const Token token = c_.take();
    note_function(find_function(token.text, mode_), token.text);
    return {};
}

Expr Parser::sequence_value() {
    deny(Reason::side_effect, c_.peek().is("NEXT"_w) ? "NEXT VALUE FOR" : "PREVIOUS VALUE FOR");
    for (int word = 0; word < 3; ++word) c_.take();
    add_read(table_name());
    return {};
}

Expr Parser::exists() {
    c_.take();
    if (!c_.at("("_op) || parenthesised().shape != Expr::Shape::query) c_.fail();
    return {};
}

// a, a.b or a.b.c, or a call of a function.
Expr Parser::column_or_call() {
    if (c_.peek(1).is("("_op)) return call();
    Expr out;
    out.shape = Expr::Shape::column;
    ColumnName& column = out.column;
    column.column = c_.take();
    std::size_t parts = 1;
    while (c_.at("."_op) && !c_.peek(1).is("*"_op)) {
        c_.take();
        const Token next = c_.take();
        if (!next.is_name() || is_reserved(next.word, mode_.dialect) || ++parts > 3) {
            c_.fail();
            return {};
        }
        column.schema = column.table;
        column.table = column.column;
        column.column = next;
    }
    if (parts > 1 && c_.at("("_op)) {  // schema.function
        std::string called = decode_name(column.table) + "." + decode_name(column.column);
        note_function(nullptr, called);
        s_.names_routine_schema = true;
        c_.take();
        list_arguments();
        c_.expect(")"_op);
        return {};
    }
    const std::string_view last = column.column.text;
    if (parts > 1 && (equal_ignoring_case(last, "nextval") || equal_ignoring_case(last, "currval"))) {
        deny(Reason::side_effect, last);
    }
    return out;
}

Expr Parser::case_expression() {
    const Level level(*this);
    const std::size_t mark = conjuncts_.size();
    c_.take();
    if (!c_.at("WHEN"_w)) expression();
    if (!c_.at("WHEN"_w)) c_.fail();
    while (c_.accept("WHEN"_w)) {
        expression();
        c_.expect("THEN"_w);
        expression();
        forget(mark);
    }
    if (c_.accept("ELSE"_w)) expression();
    c_.expect("END"_w);
    forget(mark);
    return {};
}

// INTERVAL expression unit, or the function INTERVAL(n, ..).
Expr Parser::interval() {
    const Level level(*this);
    const std::size_t mark = conjuncts_.size();
    c_.take();
    if (!c_.at("("_op)) {
        reads_date_ = "INTERVAL";
        expression();
        unit();
        forget(mark);
        return {};
    }
    c_.take();
    expression();
    const bool function = c_.at(","_op);
    while (c_.accept(","_op)) expression();
    c_.expect(")"_op);
    forget(mark);
    if (function) return {};
    reads_date_ = "INTERVAL";
    while (!at_unit() && accept_bit_operator()) unary_expression();
    unit();
    forget(mark);
    return {};
}

bool Parser::at_unit() {
    return c_.at_any("MICROSECOND"_w, "SECOND"_w, "MINUTE"_w, "HOUR"_w, "DAY"_w, "WEEK"_w, "MONTH"_w, "QUARTER"_w,
                     "YEAR"_w, "SECOND_MICROSECOND"_w, "MINUTE_MICROSECOND"_w, "MINUTE_SECOND"_w, "HOUR_MICROSECOND"_w,
                     "HOUR_SECOND"_w, "HOUR_MINUTE"_w, "DAY_MICROSECOND"_w, "DAY_SECOND"_w, "DAY_MINUTE"_w,
                     "DAY_HOUR"_w, "YEAR_MONTH"_w) ||
           c_.at_any("SQL_TSI_SECOND"_w, "SQL_TSI_MINUTE"_w, "SQL_TSI_HOUR"_w, "SQL_TSI_DAY"_w, "SQL_TSI_WEEK"_w,
                     "SQL_TSI_MONTH"_w, "SQL_TSI_QUARTER"_w, "SQL_TSI_YEAR"_w, "SQL_TSI_FRAC_SECOND"_w);
}

bool Parser::unit() {
    if (!at_unit()) return c_.fail();
    c_.take();
    return true;
}

// The score counts every row of the table.
Expr Parser::match_against() {
    const Level level(*this);
    const std::size_t mark = conjuncts_.size();
    whole_table_ = true;
    c_.take();
    const bool parentheses = c_.accept("("_op);
    do {
        if (!c_.peek().is_name() || column_or_call().shape != Expr::Shape::column) c_.fail();
    } while (c_.accept(","_op));
    if (parentheses) c_.expect(")"_op);
    c_.expect("AGAINST"_w);
    c_.expect("("_op);
    bit_expression();
    search_modifier();
    forget(mark);
    c_.expect(")"_op);
    return {};
}

void Parser::search_modifier() {
    if (c_.accept("IN"_w)) {
        if (c_.accept("BOOLEAN"_w)) {
            c_.expect("MODE"_w);
        } else {
            c_.expect("NATURAL"_w) && c_.expect("LANGUAGE"_w) && c_.expect("MODE"_w);
        }
    }
    if (c_.accept("WITH"_w)) c_.expect("QUERY"_w) && c_.expect("EXPANSION"_w);
}

bool Parser::charset_name() {
    const Token token = c_.take();
    return token.is_name() || token.kind == TokenKind::string || c_.fail();
}

// The type of CAST, CONVERT, RETURNING and of columns of JSON_TABLE.
bool Parser::cast_type() {
    if (c_.at("TIME"_w)) gives_time_ = true;
    if (c_.at_any("DATE"_w, "DATETIME"_w, "TIMESTAMP"_w, "YEAR"_w)) reads_date_ = "CAST";
    const bool several = c_.at_any("SIGNED"_w, "UNSIGNED"_w, "DOUBLE"_w, "NATIONAL"_w, "CHARACTER"_w, "LONG"_w);
    if (!c_.take().is_name()) return c_.fail();
    if (several) {
        while (c_.accept_any("INTEGER"_w, "INT"_w, "PRECISION"_w, "CHAR"_w, "VARCHAR"_w, "CHARACTER"_w, "VARYING"_w)) {
        }
    }
    if (c_.accept("("_op)) {
        c_.expect(TokenKind::integer);
        if (c_.accept(","_op)) c_.expect(TokenKind::integer);
        c_.expect(")"_op);
    }
    while (!c_.failed()) {
        if (c_.accept("CHARACTER"_w)) {
            c_.expect("SET"_w) && charset_name();
        } else if (c_.accept("CHARSET"_w) || c_.accept("COLLATE"_w)) {
            charset_name();
        } else if (!c_.accept_any("BINARY"_w, "UNSIGNED"_w, "SIGNED"_w, "ZEROFILL"_w, "ARRAY"_w)) {
            return true;
        }
    }
    return false;
}

}  // namespace sabil::invalidation::sql
