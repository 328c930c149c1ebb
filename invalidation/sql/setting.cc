// SET in all its forms.
#include <utility>

#include "invalidation/sql/literal.h"
#include "invalidation/sql/parser.h"

namespace sabil::invalidation::sql {

namespace {

constexpr std::size_t max_assignments_count = 256;

}  // namespace

void Parser::add_assignment(Assignment assignment) {
    if (s_.assignments.size() >= max_assignments_count) {
        c_.fail();
        return;
    }
    // Autocommit on ends an open transaction.
    if (assignment.kind == Assignment::Kind::session && assignment.name == "autocommit") s_.implicit_commit = true;
    s_.assignments.push_back(std::move(assignment));
}

void Parser::set() {
    s_.kind = StatementKind::set;
    c_.take();
    if (c_.at("PASSWORD"_w) || (c_.at("DEFAULT"_w) && c_.peek(1).is("ROLE"_w))) return account_statement();
    if (c_.at("ROLE"_w) && !c_.peek(1).is("="_op)) return plain(StatementKind::set_role, false);
    if (c_.at("STATEMENT"_w) || (c_.at("RESOURCE"_w) && c_.peek(1).is("GROUP"_w))) return unknown_statement();
    do {
        assignment();
    } while (c_.accept(","_op));
}

void Parser::assignment() {
    using Kind = Assignment::Kind;
    Assignment out;
    if (c_.at(TokenKind::user_variable)) {
        const Token variable = c_.take();
        out.kind = Kind::user_variable;
        std::string_view named = variable.text.substr(1);
        if (named.size() >= 2 && (named[0] == '`' || named[0] == '\'' || named[0] == '"')) {
            named = named.substr(1, named.size() - 2);
        }
        out.name = lower_case(named);
        if (out.name.empty()) c_.fail();
    } else {
        const bool marked = c_.accept("@@"_op);
        const auto scope_word = [&](Word word) {
            return c_.at(word) && (marked ? c_.peek(1).is("."_op) : !c_.peek(1).is("="_op) && !c_.peek(1).is(":="_op));
        };
        bool scope = true;
        if (scope_word("GLOBAL"_w) || scope_word("PERSIST"_w) || scope_word("PERSIST_ONLY"_w)) {
            out.kind = Kind::global;
        } else if (!scope_word("SESSION"_w) && !scope_word("LOCAL"_w)) {
            scope = false;
        }
        if (scope) c_.take();
        if (scope && marked) c_.expect("."_op);
        if (!marked && c_.at("TRANSACTION"_w) && !c_.peek(1).is("="_op)) {
            const Kind scoped = out.kind == Kind::global ? Kind::global_transaction : Kind::session_transaction;
            return set_transaction(scope ? scoped : Kind::transaction);
        }
        const bool plain_name = c_.peek(1).is("="_op) || c_.peek(1).is(":="_op);
        if (!marked && !scope && !plain_name && c_.at("NAMES"_w)) return set_names(Kind::names);
        if (!marked && !scope && !plain_name && c_.at_any("CHARACTER"_w, "CHARSET"_w, "CHAR"_w))
            return set_names(Kind::character_set);
        name(out.name);
        while (c_.accept("."_op)) {  // a component's variable
            const Token part = c_.take();
            if (!part.is_name()) c_.fail();
            out.name += "." + decode_name(part);
        }
        out.name = lower_case(out.name);
    }
    if (!c_.accept(":="_op)) c_.expect("="_op);
    set_value(out);
    add_assignment(std::move(out));
}

// Reads an expression, or one of the words that only SET knows.
void Parser::set_value(Assignment& out) {
    const std::size_t mark = conjuncts_.size();
    const Token first = c_.peek();
    const char* begin = first.text.data();
    const bool word = first.kind == TokenKind::word || first.kind == TokenKind::quoted_word;
    const bool alone = c_.peek(1).is(","_op) || c_.peek(1).is(";"_op) || c_.peek(1).kind == TokenKind::end;
    if (word && alone && !first.is("NULL"_w) && !first.is("TRUE"_w) && !first.is("FALSE"_w)) {
        c_.take();
        if (!first.is("DEFAULT"_w)) out.literal = Literal{Literal::Type::string, decode_name(first)};
    } else {
        const Expr value = expression();
        forget(mark);
        const bool parameter = value.constant.token.kind == TokenKind::parameter;
        if (value.shape == Expr::Shape::constant && !parameter) {
            out.literal = to_literal(value.constant, !mode_.no_backslash_escapes);
        }
    }
    if (c_.failed() || c_.last_end() == nullptr) return;
    out.value.assign(begin, static_cast<std::size_t>(c_.last_end() - begin));
}

// NAMES {'charset' [COLLATE 'collation'] | DEFAULT}, CHARACTER SET {'charset' | DEFAULT}
void Parser::set_names(Assignment::Kind kind) {
    Assignment out;
    out.kind = kind;
    if (c_.accept_any("CHARACTER"_w, "CHAR"_w)) {
        c_.expect("SET"_w);
    } else {
        c_.take();
    }
    const Token value = c_.take();
    out.value = std::string(value.text);
    if (value.kind == TokenKind::string) {
        out.literal = Literal{Literal::Type::string, decode_string(value.text, !mode_.no_backslash_escapes)};
    } else if (value.is_name()) {
        if (!value.is("DEFAULT"_w)) out.literal = Literal{Literal::Type::string, decode_name(value)};
    } else {
        c_.fail();
    }
    if (kind == Assignment::Kind::names && c_.accept("COLLATE"_w)) {
        const Token collation = c_.take();
        const bool string = collation.kind == TokenKind::string;
        if (!string && !collation.is_name()) c_.fail();
        out.collation = string ? decode_string(collation.text, !mode_.no_backslash_escapes) : decode_name(collation);
    }
    add_assignment(std::move(out));
}

// TRANSACTION {ISOLATION LEVEL .. | READ ONLY | READ WRITE}, several after commas
void Parser::set_transaction(Assignment::Kind kind) {
    c_.take();
    do {
        Assignment out;
        out.kind = kind;
        if (c_.accept("ISOLATION"_w)) {
            c_.expect("LEVEL"_w);
            out.name = "isolation_level";
            if (c_.accept("SERIALIZABLE"_w)) {
                out.value = "SERIALIZABLE";
            } else if (c_.accept("REPEATABLE"_w)) {
                c_.expect("READ"_w);
                out.value = "REPEATABLE READ";
            } else {
                c_.expect("READ"_w);
                out.value = c_.at("COMMITTED"_w) ? "READ COMMITTED" : "READ UNCOMMITTED";
                c_.accept_any("COMMITTED"_w, "UNCOMMITTED"_w) || c_.fail();
            }
        } else {
            c_.expect("READ"_w);
            out.name = "access_mode";
            out.value = c_.at("ONLY"_w) ? "READ ONLY" : "READ WRITE";
            c_.accept_any("ONLY"_w, "WRITE"_w) || c_.fail();
        }
        add_assignment(std::move(out));
    } while (c_.accept(","_op));
}

}  // namespace sabil::invalidation::sql
