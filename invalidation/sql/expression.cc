// Operators, from the weakest: OR, XOR, AND, NOT, comparisons and IS, IN and LIKE, arithmetic, signs. Conjuncts of the
// shape `column = constant` gather on a stack; whatever is not an AND takes those of its operands off again.
#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "invalidation/sql/parser.h"

namespace sabil::invalidation::sql {

std::vector<Conjunct> Parser::take_conjuncts(std::size_t mark) {
    const auto first = conjuncts_.begin() + static_cast<std::ptrdiff_t>(mark);
    std::vector<Conjunct> taken(std::make_move_iterator(first), std::make_move_iterator(conjuncts_.end()));
    forget(mark);
    return taken;
}

Expr Parser::expression() {
    const Level level(*this);
    const std::size_t mark = conjuncts_.size();
    Expr left = xor_expression();
    while (c_.accept("OR"_w) || (!mode_.pipes_as_concat && c_.accept("||"_op))) {
        xor_expression();
        forget(mark);
        left = {};
    }
    return left;
}

Expr Parser::xor_expression() {
    const std::size_t mark = conjuncts_.size();
    Expr left = and_expression();
    while (c_.accept("XOR"_w)) {
        and_expression();
        forget(mark);
        left = {};
    }
    return left;
}

Expr Parser::and_expression() {
    Expr left = not_expression();
    while (c_.accept("AND"_w) || c_.accept("&&"_op)) {
        not_expression();
        left = {};
        left.shape = Expr::Shape::conjunction;
    }
    return left;
}

Expr Parser::not_expression() {
    const std::size_t mark = conjuncts_.size();
    bool negated = false;
    while (c_.accept("NOT"_w)) negated = true;
    Expr operand = comparison();
    if (!negated) return operand;
    forget(mark);
    return {};
}

void Parser::note_equality(const Expr& left, const Expr& right) {
    using Shape = Expr::Shape;
    if (left.shape == Shape::column && right.shape == Shape::column) {
        conjuncts_.push_back({left.column, right.column, {}, Conjunct::Kind::equality, {}, {}});
    } else if (left.shape == Shape::column && right.shape == Shape::constant) {
        conjuncts_.push_back({left.column, {}, {right.constant}, Conjunct::Kind::equality, {}, {}});
    } else if (left.shape == Shape::constant && right.shape == Shape::column) {
        conjuncts_.push_back({right.column, {}, {left.constant}, Conjunct::Kind::equality, {}, {}});
    }
}

// left < right, or <=; or the other way round.
void Parser::note_order(const Expr& left, const Expr& right, bool left_is_less) {
    using Shape = Expr::Shape;
    const bool column_first = left.shape == Shape::column && right.shape == Shape::constant;
    if (!column_first && !(left.shape == Shape::constant && right.shape == Shape::column)) return;
    const Constant& bound = column_first ? right.constant : left.constant;
    Conjunct range{column_first ? left.column : right.column, {}, {}, Conjunct::Kind::range, {}, {}};
    (column_first == left_is_less ? range.high : range.low) = bound;
    conjuncts_.push_back(std::move(range));
}

Expr Parser::comparison() {
    const std::size_t mark = conjuncts_.size();
    Expr left = predicate();
    while (!c_.failed()) {
        if (c_.accept("IS"_w)) {
            c_.accept("NOT"_w);
            c_.accept_any("NULL"_w, "TRUE"_w, "FALSE"_w, "UNKNOWN"_w) || c_.fail();
            forget(mark);
            left = {};
            continue;
        }
        const bool equals = c_.at("="_op);
        const bool less = c_.at("<"_op) || c_.at("<="_op);
        const bool ordered = less || c_.at(">"_op) || c_.at(">="_op);
        if (!c_.accept_any("="_op, "<=>"_op, "<"_op, ">"_op, "<="_op, ">="_op, "<>"_op, "!="_op)) break;
        forget(mark);
        if (c_.at_any("ALL"_w, "ANY"_w, "SOME"_w) && c_.peek(1).is("("_op)) {
            c_.take();
            if (parenthesised().shape != Expr::Shape::query) c_.fail();
            left = {};
            continue;
        }
        const Expr right = predicate();
        forget(mark);
        if (equals) note_equality(left, right);
        if (ordered) note_order(left, right, less);
        left = {};
        left.shape = Expr::Shape::conjunction;
    }
    return left;
}

Expr Parser::predicate() {
    const std::size_t mark = conjuncts_.size();
    Expr left = bit_expression();
    const bool negated =
        c_.at("NOT"_w) && (c_.peek(1).is("IN"_w) || c_.peek(1).is("BETWEEN"_w) || c_.peek(1).is("LIKE"_w) ||
                           c_.peek(1).is("REGEXP"_w) || c_.peek(1).is("RLIKE"_w));
    if (negated) c_.take();
    if (c_.at("IN"_w)) {
        forget(mark);
        in_list(left, negated);
        return left;
    }
    std::optional<Conjunct> found;
    if (!predicate_tail(left, negated, found)) return left;
    forget(mark);
    left = {};
    if (found && !negated && !c_.failed()) {
        conjuncts_.push_back(std::move(*found));
        left.shape = Expr::Shape::conjunction;
    }
    return left;
}

// What follows the left operand; false: nothing of the kind.
bool Parser::predicate_tail(const Expr& left, bool negated, std::optional<Conjunct>& found) {
    using Shape = Expr::Shape;
    const bool of_column = left.shape == Shape::column;
    if (c_.accept("BETWEEN"_w)) {
        const Expr low = bit_expression();
        c_.expect("AND"_w);
        const Expr high = predicate();
        if (of_column && low.shape == Shape::constant && high.shape == Shape::constant) {
            found = {left.column, {}, {}, Conjunct::Kind::range, low.constant, high.constant};
        }
    } else if (c_.accept("LIKE"_w)) {
        const Expr pattern = bit_expression();
        const bool escapes = c_.accept("ESCAPE"_w);
        if (escapes) bit_expression();
        if (of_column && !escapes && pattern.shape == Shape::constant) {
            found = {left.column, {}, {}, Conjunct::Kind::prefix, pattern.constant, {}};
        }
    } else if (c_.accept_any("REGEXP"_w, "RLIKE"_w)) {
        bit_expression();
    } else if (!negated && c_.at("SOUNDS"_w) && c_.peek(1).is("LIKE"_w)) {
        c_.take();
        c_.take();
        bit_expression();
    } else if (!negated && c_.at("MEMBER"_w) && (c_.peek(1).is("OF"_w) || c_.peek(1).is("("_op))) {
        c_.take();
        c_.accept("OF"_w);
        c_.expect("("_op);
        expression();
        c_.expect(")"_op);
    } else {
        return false;
    }
    return true;
}

// Behind the left operand, at IN.
bool Parser::in_list(Expr& left, bool negated) {
    const std::size_t mark = conjuncts_.size();
    c_.take();
    if (!c_.at("("_op)) return c_.fail();
    if (at_query(1)) {
        parenthesised();
        left = {};
        return true;
    }
    c_.take();
    Conjunct conjunct;
    conjunct.column = left.column;
    bool constants = left.shape == Expr::Shape::column && !negated;
    do {
        const Expr item = expression();
        if (item.shape == Expr::Shape::query && (at_set_operator() || at_query_tail())) query_rest();
        forget(mark);
        constants = constants && item.shape == Expr::Shape::constant && conjunct.any_of.size() < max_operands_count;
        if (constants) conjunct.any_of.push_back(item.constant);
    } while (c_.accept(","_op));
    c_.expect(")"_op);
    left = {};
    if (constants && !c_.failed()) {
        conjuncts_.push_back(std::move(conjunct));
        left.shape = Expr::Shape::conjunction;
    }
    return true;
}

bool Parser::accept_bit_operator() {
    if (c_.accept_any("+"_op, "-"_op, "*"_op, "/"_op, "%"_op, "^"_op, "&"_op, "|"_op, "<<"_op, ">>"_op)) return true;
    if (c_.accept_any("DIV"_w, "MOD"_w)) return true;
    return mode_.pipes_as_concat && c_.accept("||"_op);
}

Expr Parser::bit_expression() {
    const std::size_t mark = conjuncts_.size();
    Expr left = unary_expression();
    while (accept_bit_operator()) {
        unary_expression();
        forget(mark);
        left = {};
    }
    return left;
}

Expr Parser::unary_expression() {
    const std::size_t mark = conjuncts_.size();
    std::size_t signs = 0;
    bool minus = false;
    bool other = false;
    while (!c_.failed()) {
        if (c_.at("-"_op) || c_.at("+"_op)) {
            minus = c_.take().is("-"_op);
            ++signs;
        } else if (c_.accept_any("~"_op, "!"_op) || c_.accept("BINARY"_w)) {
            other = true;
        } else {
            break;
        }
    }
    Expr inner = postfix(operand());
    if (signs == 0 && !other) return inner;
    forget(mark);
    const TokenKind kind = inner.constant.token.kind;
    const bool number = inner.shape == Expr::Shape::constant && !inner.constant.negative &&
                        (kind == TokenKind::integer || kind == TokenKind::decimal || kind == TokenKind::floating);
    if (!number || signs != 1 || other) return {};
    inner.constant.negative = minus;
    return inner;
}

// COLLATE, and the JSON arrows.
Expr Parser::postfix(Expr operand) {
    while (!c_.failed()) {
        if (c_.accept("COLLATE"_w)) {
            const Token collation = c_.take();
            if (!collation.is_name() && collation.kind != TokenKind::string) c_.fail();
        } else if (c_.at("->"_op) || c_.at("->>"_op)) {
            c_.take();
            c_.expect(TokenKind::string);
        } else {
            return operand;
        }
        operand = {};
    }
    return operand;
}

void Parser::expression_list() {
    const std::size_t mark = conjuncts_.size();
    do {
        expression();
        forget(mark);
    } while (c_.accept(","_op));
}

}  // namespace sabil::invalidation::sql
