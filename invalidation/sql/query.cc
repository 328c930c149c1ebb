// Query expressions: WITH, UNION and the like, SELECT, VALUES, TABLE, and what follows them.
#include <utility>

#include "invalidation/sql/literal.h"
#include "invalidation/sql/parser.h"

namespace sabil::invalidation::sql {

namespace {

constexpr std::size_t max_ctes_count = 256;

}  // namespace

bool Parser::at_query(std::size_t ahead) {
    const Token& token = c_.peek(ahead);
    if (token.is("SELECT"_w) || token.is("WITH"_w)) return true;
    const Token& next = c_.peek(ahead + 1);
    if (token.is("TABLE"_w)) return next.is_name();
    // VALUES(column) is an operand; a list of rows is VALUES ROW(..) in MySQL and VALUES (..) in MariaDB.
    if (token.is("VALUES"_w)) return next.is("ROW"_w) || (mode_.dialect == Dialect::mariadb && next.is("("_op));
    return false;
}

bool Parser::at_query() {
    return at_query(0);
}

bool Parser::at_set_operator() {
    return c_.at_any("UNION"_w, "EXCEPT"_w, "INTERSECT"_w);
}

bool Parser::at_query_tail() {
    if (c_.at_any("ORDER"_w, "LIMIT"_w, "FETCH"_w, "INTO"_w, "PROCEDURE"_w, "OFFSET"_w)) return true;
    return (c_.at("FOR"_w) && (c_.peek(1).is("UPDATE"_w) || c_.peek(1).is("SHARE"_w))) ||
           (c_.at("LOCK"_w) && c_.peek(1).is("IN"_w));
}

void Parser::query_expression() {
    const Level level(*this);
    const std::size_t outer_ctes = ctes_.size();
    if (c_.at("WITH"_w)) with_clause();
    query_term();
    query_rest();
    ctes_.resize(outer_ctes);
}

void Parser::query_rest() {
    query_tail();
    while (at_set_operator()) {
        c_.take();
        c_.accept_any("ALL"_w, "DISTINCT"_w);
        query_term();
        query_tail();
    }
}

void Parser::query_term() {
    if (c_.at("SELECT"_w)) {
        select_block();
    } else if (c_.at("("_op)) {
        const Level level(*this);
        c_.take();
        query_expression();
        c_.expect(")"_op);
    } else if (c_.accept("TABLE"_w)) {
        Block block;
        base_table(block);
    } else if (c_.accept("VALUES"_w)) {
        values_rows();
    } else {
        c_.fail();
    }
}

void Parser::values_rows() {
    do {
        c_.accept("ROW"_w);
        c_.expect("("_op);
        if (!c_.at(")"_op)) expression_list();
        c_.expect(")"_op);
    } while (c_.accept(","_op));
}

// A name hides tables from where its definition ends, or starts with RECURSIVE.
void Parser::with_clause() {
    c_.take();
    const bool recursive = c_.accept("RECURSIVE"_w);
    do {
        if (ctes_.size() >= max_ctes_count) c_.fail();
        std::string cte;
        name(cte);
        if (c_.accept("("_op)) {
            name_list();
            c_.expect(")"_op);
        }
        c_.expect("AS"_w);
        if (recursive) ctes_.push_back(cte);
        c_.expect("("_op);
        query_expression();
        c_.expect(")"_op);
        if (c_.at("CYCLE"_w)) c_.fail();
        if (!recursive) ctes_.push_back(std::move(cte));
    } while (c_.accept(","_op));
}

void Parser::select_block() {
    const Level level(*this);
    const std::size_t mark = conjuncts_.size();
    const bool outer_nest = std::exchange(in_outer_nest_, false);
    Block block;
    c_.take();
    select_options();
    select_list();
    if (c_.at("INTO"_w)) into_clause();
    if (c_.accept("FROM"_w)) {
        if (c_.at("DUAL"_w)) {
            c_.take();
        } else {
            table_references(block);
        }
    }
    if (c_.accept("WHERE"_w)) {
        expression();
        block.where = take_conjuncts(mark);
    }
    if (c_.at("GROUP"_w)) group_by();
    if (c_.accept("HAVING"_w)) expression();
    forget(mark);
    if (c_.at("WINDOW"_w)) window_clause();
    in_outer_nest_ = outer_nest;
    if (!c_.failed()) resolve_equalities(block, !mode_.no_backslash_escapes, closure_steps_, s_.reads);
}

void Parser::select_options() {
    while (!c_.failed()) {
        if (c_.at("SQL_NO_CACHE"_w)) {
            deny(Reason::sql_no_cache, "SQL_NO_CACHE");
        } else if (c_.at("SQL_CALC_FOUND_ROWS"_w)) {
            deny(Reason::calc_found_rows, "SQL_CALC_FOUND_ROWS");
        } else if (!c_.at_any("ALL"_w, "DISTINCT"_w, "DISTINCTROW"_w, "HIGH_PRIORITY"_w, "STRAIGHT_JOIN"_w,
                              "SQL_SMALL_RESULT"_w, "SQL_BIG_RESULT"_w, "SQL_BUFFER_RESULT"_w, "SQL_CACHE"_w)) {
            return;
        }
        c_.take();
    }
}

void Parser::select_list() {
    do {
        select_item();
    } while (c_.accept(","_op));
}

void Parser::select_item() {
    const std::size_t mark = conjuncts_.size();
    if (c_.accept("*"_op)) return;
    const Expr item = expression();
    forget(mark);
    if (item.shape == Expr::Shape::column && c_.at("."_op) && c_.peek(1).is("*"_op)) {  // t.*, s.t.*
        c_.take();
        c_.take();
        return;
    }
    const bool as = c_.accept("AS"_w);
    const Token& alias = c_.peek();
    const bool name = alias.kind == TokenKind::quoted_word || alias.kind == TokenKind::string ||
                      (alias.kind == TokenKind::word && !is_reserved(alias.word, mode_.dialect) && !c_.at("WINDOW"_w));
    if (name) {
        c_.take();
    } else if (as) {
        c_.fail();
    }
}

void Parser::group_by() {
    c_.take();
    c_.expect("BY"_w);
    order_list();
    if (c_.at("WITH"_w)) {
        c_.take();
        c_.expect("ROLLUP"_w);
    }
}

void Parser::window_clause() {
    whole_table_ = true;
    c_.take();
    do {
        std::string window;
        name(window) && c_.expect("AS"_w);
        window_specification();
    } while (c_.accept(","_op));
}

void Parser::order_list() {
    const std::size_t mark = conjuncts_.size();
    do {
        expression();
        c_.accept_any("ASC"_w, "DESC"_w);
    } while (c_.accept(","_op));
    forget(mark);
}

void Parser::query_tail() {
    while (at_query_tail()) {
        if (c_.accept("ORDER"_w)) {
            c_.expect("BY"_w);
            order_list();
            if (c_.at("WITH"_w)) {
                c_.take();
                c_.expect("ROLLUP"_w);
            }
        } else if (c_.at("LIMIT"_w)) {
            limit_clause();
        } else if (c_.at_any("OFFSET"_w, "FETCH"_w)) {
            fetch_clause();
        } else if (c_.at("INTO"_w)) {
            into_clause();
        } else if (c_.at("PROCEDURE"_w)) {
            deny(Reason::procedure, "PROCEDURE");
            c_.take();
            std::string procedure;
            name(procedure) && c_.expect("("_op);
            if (!c_.at(")"_op)) expression_list();
            c_.expect(")"_op);
        } else {
            locking_clause();
        }
    }
}

bool Parser::limit_number() {
    if (c_.at(TokenKind::parameter)) {
        parameter_operand();
        return true;
    }
    // A word is a variable of a stored program.
    if (!c_.at(TokenKind::integer) && !c_.at(TokenKind::hex) && !c_.at(TokenKind::decimal)) return c_.fail();
    c_.take();
    return true;
}

void Parser::limit_clause() {
    c_.take();
    if (c_.at("ROWS"_w) && c_.peek(1).is("EXAMINED"_w)) {
        c_.take();
        c_.take();
        limit_number();
        return;
    }
    limit_number();
    if (c_.accept(","_op) || c_.accept("OFFSET"_w)) limit_number();
    if (c_.accept("ROWS"_w)) c_.expect("EXAMINED"_w) && limit_number();
}

// [OFFSET n ROWS] FETCH {FIRST | NEXT} [n] {ROW | ROWS} {ONLY | WITH TIES}
void Parser::fetch_clause() {
    if (c_.accept("OFFSET"_w)) {
        limit_number();
        c_.accept_any("ROW"_w, "ROWS"_w) || c_.fail();
        if (!c_.at("FETCH"_w)) return;
    }
    c_.expect("FETCH"_w);
    c_.accept_any("FIRST"_w, "NEXT"_w) || c_.fail();
    if (!c_.at_any("ROW"_w, "ROWS"_w)) limit_number();
    c_.accept_any("ROW"_w, "ROWS"_w) || c_.fail();
    if (c_.accept("WITH"_w)) {
        c_.expect("TIES"_w);
    } else {
        c_.expect("ONLY"_w);
    }
}

void Parser::locking_clause() {
    if (c_.accept("LOCK"_w)) {
        deny(Reason::locking_read, "LOCK IN SHARE MODE");
        c_.expect("IN"_w) && c_.expect("SHARE"_w) && c_.expect("MODE"_w);
    } else {
        c_.take();
        deny(Reason::locking_read, c_.at("UPDATE"_w) ? "FOR UPDATE" : "FOR SHARE");
        c_.take();
        if (c_.accept("OF"_w)) name_list();
    }
    if (c_.accept("SKIP"_w)) {
        c_.expect("LOCKED"_w);
    } else if (c_.accept("WAIT"_w)) {
        c_.expect(TokenKind::integer);
    } else {
        c_.accept("NOWAIT"_w);
    }
}

void Parser::into_clause() {
    c_.take();
    if (c_.at_any("OUTFILE"_w, "DUMPFILE"_w)) {
        deny(Reason::into, c_.take().text);
        c_.expect(TokenKind::string);
        // Formats of columns and lines: no table and no expression in them.
        while (c_.at_any("CHARACTER"_w, "CHARSET"_w, "COLUMNS"_w, "LINES"_w, "TERMINATED"_w, "ENCLOSED"_w, "ESCAPED"_w,
                         "STARTING"_w, "OPTIONALLY"_w, "BY"_w, "SET"_w, "FIELDS"_w)) {
            const bool set = c_.take().is("SET"_w);
            if (set) charset_name();
            while (c_.accept(TokenKind::string) || c_.accept(TokenKind::hex)) {
            }
        }
        return;
    }
    deny(Reason::into, "INTO");
    do {
        const Token target = c_.take();
        if (target.kind != TokenKind::user_variable && !target.is_name()) c_.fail();
    } while (c_.accept(","_op));
}

}  // namespace sabil::invalidation::sql
