// DDL and account statements: which tables, views and schemas they name. Bodies are looked through for the tables that
// they name, not understood.
#include <utility>

#include "invalidation/sql/literal.h"
#include "invalidation/sql/parser.h"

namespace sabil::invalidation::sql {

bool Parser::if_exists() {
    if (!c_.accept("IF"_w)) return false;
    c_.accept("NOT"_w);
    return c_.expect("EXISTS"_w);
}

void Parser::skip_statement() {
    while (!c_.failed() && !c_.at(";"_op) && !c_.at(TokenKind::end)) c_.take();
}

// The body of a routine, trigger or event: `;` may be part of it.
void Parser::scan_to_end() {
    bool several = false;
    while (!c_.failed() && !c_.at(TokenKind::end)) {
        const bool semicolon = c_.take().is(";"_op);
        several = several || (semicolon && !c_.at(TokenKind::end));
    }
    if (several) s_.writes_known = false;
}

// What follows a table's name in CREATE and ALTER TABLE: other tables that it names count as written.
void Parser::scan_definition() {
    while (!c_.failed() && !c_.at(";"_op) && !c_.at(TokenKind::end)) {
        const Token token = c_.take();
        if (token.is("REFERENCES"_w)) {
            if (at_name()) add_write(table_name());
        } else if (token.is("RENAME"_w)) {
            if (c_.at_any("COLUMN"_w, "INDEX"_w, "KEY"_w)) continue;
            c_.accept_any("TO"_w, "AS"_w) || c_.accept("="_op);
            if (at_name()) add_write(table_name());
        } else if (token.is("EXCHANGE"_w) && c_.accept("PARTITION"_w)) {
            std::string partition;
            if (name(partition) && c_.expect("WITH"_w) && c_.expect("TABLE"_w)) add_write(table_name());
        }
    }
}

void Parser::skip_definer() {
    while (!c_.failed()) {
        if (c_.at("ALGORITHM"_w)) {
            c_.take();
            c_.expect("="_op);
            c_.take();
        } else if (c_.at("DEFINER"_w)) {
            c_.take();
            c_.expect("="_op);
            c_.take();
            if (c_.accept("("_op)) c_.expect(")"_op);
            if (c_.at(TokenKind::user_variable)) {
                const bool bare = c_.take().text.size() == 1;
                if (bare) c_.take();
            }
        } else if (c_.at("SQL"_w) && c_.peek(1).is("SECURITY"_w)) {
            c_.take();
            c_.take();
            c_.take();
        } else {
            return;
        }
    }
}

void Parser::create() {
    s_.kind = StatementKind::ddl;
    s_.implicit_commit = true;
    c_.take();
    if (c_.accept("OR"_w)) c_.expect("REPLACE"_w);
    if (c_.accept("TEMPORARY"_w)) {
        s_.creates_temporary = true;
        s_.implicit_commit = false;
    }
    skip_definer();
    create_object();
}

void Parser::create_object() {
    if (c_.accept("TABLE"_w)) {
        table_definition();
    } else if (c_.accept("SEQUENCE"_w)) {
        table_definition();
    } else if (c_.accept("VIEW"_w)) {
        view_definition();
    } else if (c_.at_any("UNIQUE"_w, "FULLTEXT"_w, "SPATIAL"_w, "INDEX"_w, "VECTOR"_w)) {
        index_definition();
    } else if (c_.accept_any("DATABASE"_w, "SCHEMA"_w)) {
        schema_definition();
    } else if (c_.accept("TRIGGER"_w)) {
        trigger_definition();
    } else if (c_.at_any("PROCEDURE"_w, "FUNCTION"_w, "EVENT"_w, "PACKAGE"_w, "LIBRARY"_w, "AGGREGATE"_w)) {
        scan_to_end();
    } else if (c_.at_any("USER"_w, "ROLE"_w)) {
        account_statement();
    } else {
        unknown_definition();
    }
}

void Parser::unknown_definition() {
    s_.writes_known = false;
    scan_to_end();
}

void Parser::account_statement() {
    s_.kind = StatementKind::account;
    s_.implicit_commit = true;
    skip_statement();
}

void Parser::table_definition() {
    if_exists();
    add_write(table_name());
    scan_definition();
}

void Parser::view_definition() {
    if_exists();
    add_write(table_name());
    skip_statement();
}

// [UNIQUE ..] INDEX name .. ON t
void Parser::index_definition() {
    while (!c_.failed() && !c_.at("ON"_w) && !c_.at(";"_op) && !c_.at(TokenKind::end)) c_.take();
    c_.expect("ON"_w);
    add_write(table_name());
    skip_statement();
}

// name {BEFORE | AFTER} event ON t FOR EACH ROW ..
void Parser::trigger_definition() {
    while (!c_.failed() && !c_.at("ON"_w) && !c_.at(";"_op) && !c_.at(TokenKind::end)) c_.take();
    c_.expect("ON"_w);
    add_write(table_name());
    scan_to_end();
}

void Parser::schema_definition() {
    if_exists();
    if (at_name()) name(s_.schema);
    s_.writes_known = false;
    skip_statement();
}

void Parser::alter() {
    s_.kind = StatementKind::ddl;
    s_.implicit_commit = true;
    c_.take();
    while (c_.accept_any("ONLINE"_w, "IGNORE"_w)) {
    }
    skip_definer();
    if (c_.accept("TABLE"_w) || c_.accept("SEQUENCE"_w)) {
        table_definition();
    } else if (c_.accept("VIEW"_w)) {
        view_definition();
    } else if (c_.accept_any("DATABASE"_w, "SCHEMA"_w)) {
        schema_definition();
    } else if (c_.at_any("USER"_w, "ROLE"_w)) {
        account_statement();
    } else if (c_.at_any("PROCEDURE"_w, "FUNCTION"_w, "EVENT"_w)) {
        scan_to_end();
    } else {
        unknown_definition();
    }
}

// A list of tables or views: a [, b ..]
void Parser::named_targets() {
    if_exists();
    do {
        add_write(table_name());
    } while (c_.accept(","_op));
    skip_statement();
}

void Parser::drop() {
    s_.kind = StatementKind::ddl;
    s_.implicit_commit = true;
    c_.take();
    const bool temporary = c_.accept("TEMPORARY"_w);
    if (temporary) s_.implicit_commit = false;
    if (c_.accept_any("TABLE"_w, "TABLES"_w) || c_.accept_any("VIEW"_w, "SEQUENCE"_w)) {
        named_targets();
    } else if (c_.accept("INDEX"_w)) {
        index_definition();
    } else if (c_.accept_any("DATABASE"_w, "SCHEMA"_w)) {
        schema_definition();
    } else if (c_.at_any("USER"_w, "ROLE"_w)) {
        account_statement();
    } else if (c_.at("PREPARE"_w)) {
        plain(StatementKind::prepare, false);
    } else if (c_.at_any("PROCEDURE"_w, "FUNCTION"_w, "EVENT"_w, "PACKAGE"_w, "LIBRARY"_w)) {
        skip_statement();
    } else {  // a trigger's table is not named
        s_.writes_known = false;
        skip_statement();
    }
}

// RENAME TABLE a TO b [, c TO d]
void Parser::rename() {
    s_.kind = StatementKind::ddl;
    s_.implicit_commit = true;
    c_.take();
    if (c_.at("USER"_w)) return account_statement();
    c_.accept_any("TABLE"_w, "TABLES"_w) || c_.fail();
    if_exists();
    do {
        add_write(table_name());
        if (c_.accept("WAIT"_w)) c_.expect(TokenKind::integer);
        c_.accept("NOWAIT"_w);
        c_.expect("TO"_w);
        add_write(table_name());
    } while (c_.accept(","_op));
}

// ANALYZE, OPTIMIZE, REPAIR, CHECK [..] TABLE a, b ..
void Parser::maintain_tables() {
    s_.kind = StatementKind::ddl;
    s_.implicit_commit = true;
    c_.take();
    c_.accept_any("LOCAL"_w, "NO_WRITE_TO_BINLOG"_w);
    c_.accept_any("TABLE"_w, "TABLES"_w, "VIEW"_w) || c_.fail();
    named_targets();
}

}  // namespace sabil::invalidation::sql
