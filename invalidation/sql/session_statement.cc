// Which statement it is, and those that concern the session: transactions, USE, CALL, SHOW, EXPLAIN, locks.
#include <algorithm>
#include <utility>

#include "invalidation/sql/literal.h"
#include "invalidation/sql/parser.h"

namespace sabil::invalidation::sql {

void Parser::plain(StatementKind kind, bool implicit_commit) {
    s_.kind = kind;
    s_.implicit_commit = implicit_commit;
    skip_statement();
}

// May be anything, and all that follows may belong to it.
void Parser::unknown_statement() {
    s_.kind = StatementKind::other;
    s_.writes_known = false;
    while (!c_.failed() && !c_.at(TokenKind::end)) c_.take();
}

void Parser::dispatch() {
    const Token first = c_.peek();
    if (first.kind == TokenKind::end || first.is(";"_op)) {  // comments alone
        s_.kind = StatementKind::other;
        return;
    }
    if (query_statement()) return;
    if (c_.at_any("INSERT"_w, "REPLACE"_w)) return insert();
    if (c_.at("UPDATE"_w)) return update();
    if (c_.at("DELETE"_w)) return delete_from();
    if (c_.at("LOAD"_w)) return load();
    if (c_.at("TRUNCATE"_w)) return truncate();
    if (c_.at("CREATE"_w)) return create();
    if (c_.at("ALTER"_w)) return alter();
    if (c_.at("DROP"_w)) return drop();
    if (c_.at("RENAME"_w)) return rename();
    if (c_.at_any("GRANT"_w, "REVOKE"_w)) return account_statement();
    if (c_.at("SET"_w)) return set();
    if (c_.at("ANALYZE"_w)) return analyze_statement();
    if (c_.at_any("OPTIMIZE"_w, "REPAIR"_w, "CHECK"_w)) return maintain_tables();
    if (!session_statement()) unknown_statement();
}

bool Parser::query_statement() {
    if (c_.at("WITH"_w)) {
        with_statement();
        return true;
    }
    if (!at_query() && !c_.at("("_op)) return false;
    s_.kind = StatementKind::select;
    query_expression();
    return true;
}

// WITH .. SELECT, or of MySQL WITH .. UPDATE and WITH .. DELETE
void Parser::with_statement() {
    s_.kind = StatementKind::select;
    with_clause();
    if (c_.at("UPDATE"_w)) return update();
    if (c_.at("DELETE"_w)) return delete_from();
    query_term();
    query_rest();
}

bool Parser::session_statement() {
    const Token first = c_.peek();
    if (first.is("BEGIN"_w)) return begin(), true;
    if (first.is("START"_w)) return start(), true;
    if (first.is("COMMIT"_w)) return commit(StatementKind::commit), true;
    if (first.is("ROLLBACK"_w)) return rollback(), true;
    if (first.is("SAVEPOINT"_w)) return plain(StatementKind::savepoint, false), true;
    if (first.is("RELEASE"_w) && c_.peek(1).is("SAVEPOINT"_w)) return plain(StatementKind::savepoint, false), true;
    if (first.is("XA"_w)) return plain(StatementKind::xa, false), true;
    if (first.is("USE"_w)) return use(), true;
    if (first.is("CALL"_w) || first.is("EXECUTE"_w)) return call_statement(), true;
    if (first.is("DO"_w)) return do_statement(), true;
    if (first.is("PREPARE"_w) || first.is("DEALLOCATE"_w)) return plain(StatementKind::prepare, false), true;
    if (first.is("FLUSH"_w) && c_.peek(1).is("PRIVILEGES"_w)) return account_statement(), true;
    if (first.is("LOCK"_w) || first.is("FLUSH"_w)) return plain(StatementKind::lock, true), true;
    if (first.is("UNLOCK"_w) || first.is("BACKUP"_w)) return plain(StatementKind::lock, true), true;
    if (first.is("SHOW"_w)) return show(), true;
    if (first.is("CHECKSUM"_w) || first.is("HELP"_w)) return plain(StatementKind::show, false), true;
    if (first.is("EXPLAIN"_w) || first.is("DESCRIBE"_w) || first.is("DESC"_w)) return explain(), true;
    if (c_.at_any("KILL"_w, "HANDLER"_w, "PURGE"_w, "RESET"_w, "GET"_w, "SHUTDOWN"_w, "STOP"_w, "CACHE"_w)) {
        return harmless(), true;
    }
    return false;
}

// Statements that change no table.
void Parser::harmless() {
    s_.reads_previous = c_.at("GET"_w);  // DIAGNOSTICS
    s_.implicit_commit = c_.at_any("RESET"_w, "CACHE"_w);
    s_.kind = StatementKind::other;
    skip_statement();
}

void Parser::begin() {
    c_.take();
    if (c_.at("NOT"_w)) return unknown_statement();  // NOT ATOMIC: a compound statement
    c_.accept("WORK"_w);
    s_.kind = StatementKind::begin;
    s_.implicit_commit = true;
}

void Parser::start() {
    c_.take();
    if (!c_.accept("TRANSACTION"_w)) return harmless();  // START SLAVE, REPLICA, GROUP_REPLICATION
    start_transaction();
}

void Parser::start_transaction() {
    s_.kind = StatementKind::begin;
    s_.implicit_commit = true;
    if (c_.at(";"_op) || c_.at(TokenKind::end)) return;
    do {
        if (c_.accept("WITH"_w)) {
            c_.expect("CONSISTENT"_w) && c_.expect("SNAPSHOT"_w);
            s_.transaction.consistent_snapshot = true;
        } else {
            c_.expect("READ"_w);
            if (c_.accept("ONLY"_w)) {
                s_.transaction.read_only = true;
            } else {
                c_.expect("WRITE"_w);
            }
        }
    } while (c_.accept(","_op));
}

// [WORK] [AND [NO] CHAIN] [[NO] RELEASE]
void Parser::commit(StatementKind kind) {
    s_.kind = kind;
    c_.take();
    c_.accept("WORK"_w);
    if (c_.accept("AND"_w)) {
        s_.transaction.chain = !c_.accept("NO"_w);
        c_.expect("CHAIN"_w);
    }
    if (c_.at_any("NO"_w, "RELEASE"_w)) {
        s_.transaction.release = !c_.accept("NO"_w);
        c_.expect("RELEASE"_w);
    }
}

void Parser::rollback() {
    const std::size_t to = c_.peek(1).is("WORK"_w) ? 2 : 1;
    if (c_.peek(to).is("TO"_w)) return plain(StatementKind::savepoint, false);
    commit(StatementKind::rollback);
}

void Parser::use() {
    s_.kind = StatementKind::use;
    c_.take();
    name(s_.schema);
}

void Parser::call_statement() {
    s_.kind = StatementKind::call;
    s_.writes_known = false;
    skip_statement();
}

void Parser::do_statement() {
    s_.kind = StatementKind::call;
    c_.take();
    do {
        select_item();
    } while (c_.accept(","_op));
}

void Parser::show() {
    s_.kind = StatementKind::show;
    c_.take();
    const bool count = c_.at("COUNT"_w);
    s_.reads_previous = count || c_.at_any("WARNINGS"_w, "ERRORS"_w);
    skip_statement();
}

// EXPLAIN only plans; with ANALYZE it runs the statement.
void Parser::explain() {
    const Level level(*this);
    c_.take();
    bool runs = false;
    if (c_.accept("ANALYZE"_w)) runs = true;
    if (c_.at("FORMAT"_w) && c_.peek(1).is("="_op)) {
        for (int token = 0; token < 3; ++token) c_.take();
    }
    if (runs) dispatch();
    s_.kind = s_.kind == StatementKind::write ? StatementKind::write : StatementKind::show;
    if (!runs) skip_statement();
}

// ANALYZE TABLE, or of MariaDB ANALYZE [FORMAT=JSON] statement, which runs it.
void Parser::analyze_statement() {
    if (c_.peek(1).is("TABLE"_w) || c_.peek(1).is("TABLES"_w) || c_.peek(1).is("LOCAL"_w) ||
        c_.peek(1).is("NO_WRITE_TO_BINLOG"_w)) {
        return maintain_tables();
    }
    const Level level(*this);
    c_.take();
    if (c_.at("FORMAT"_w)) {
        for (int token = 0; token < 3; ++token) c_.take();
    }
    dispatch();
    if (s_.kind != StatementKind::write) s_.kind = StatementKind::show;
}

}  // namespace sabil::invalidation::sql
