// INSERT, REPLACE, UPDATE, DELETE, LOAD DATA, TRUNCATE. All of a statement is read, because a function of its own may
// write elsewhere; where that fails, the targets found so far stand and writes_known is false.
#include <algorithm>
#include <utility>

#include "invalidation/sql/literal.h"
#include "invalidation/sql/parser.h"

namespace sabil::invalidation::sql {

void Parser::add_write(TableName table) {
    constexpr std::size_t max_writes_count = 256;
    if (table.table.empty()) return;
    if (s_.writes.size() >= max_writes_count) {
        s_.writes_known = false;
        return;
    }
    if (std::find(s_.writes.begin(), s_.writes.end(), table) != s_.writes.end()) return;
    s_.writes.push_back(std::move(table));
}

void Parser::insert() {
    s_.kind = StatementKind::write;
    c_.take();
    while (c_.accept_any("LOW_PRIORITY"_w, "DELAYED"_w, "HIGH_PRIORITY"_w, "IGNORE"_w)) {
    }
    c_.accept("INTO"_w);
    add_write(table_name());
    if (c_.accept("PARTITION"_w)) {
        c_.expect("("_op);
        name_list();
        c_.expect(")"_op);
    }
    insert_source();
    if (c_.accept("AS"_w) || at_name()) {  // the new row's alias, of MySQL
        std::string alias;
        name(alias);
        if (c_.accept("("_op)) {
            name_list();
            c_.expect(")"_op);
        }
    }
    if (c_.accept("ON"_w)) {
        c_.expect("DUPLICATE"_w) && c_.expect("KEY"_w) && c_.expect("UPDATE"_w);
        bool all_named = true;
        assignments_in_change(nullptr, all_named);
    }
    returning();
}

void Parser::insert_source() {
    if (c_.at("("_op) && !at_query(1) && !c_.peek(1).is("("_op)) {
        c_.take();
        if (!c_.at(")"_op)) name_list();
        c_.expect(")"_op);
    }
    if (c_.accept("SET"_w)) {
        bool all_named = true;
        assignments_in_change(nullptr, all_named);
    } else if (c_.accept_any("VALUES"_w, "VALUE"_w)) {
        values_rows();
    } else {
        query_expression();
    }
}

// `targets` gathers the tables (or aliases) that qualify assigned columns.
void Parser::assignments_in_change(std::vector<TableName>* targets, bool& all_named) {
    const std::size_t mark = conjuncts_.size();
    do {
        if (!c_.peek().is_name()) c_.fail();
        const Expr column = column_or_call();
        if (column.shape != Expr::Shape::column) c_.fail();
        if (column.column.table.text.empty()) {
            all_named = false;
        } else if (targets != nullptr) {
            TableName target{decode_name(column.column.schema), decode_name(column.column.table)};
            if (targets->empty() || !(targets->back() == target)) targets->push_back(std::move(target));
        }
        if (!c_.accept(":="_op)) c_.expect("="_op);
        expression();
        forget(mark);
    } while (c_.accept(","_op));
}

void Parser::returning() {
    if (c_.accept("RETURNING"_w)) select_list();
}

void Parser::change_tail() {
    const std::size_t mark = conjuncts_.size();
    if (c_.accept("WHERE"_w)) expression();
    forget(mark);
    if (c_.accept("ORDER"_w)) {
        c_.expect("BY"_w);
        order_list();
    }
    if (c_.at("LIMIT"_w)) limit_clause();
    returning();
}

void Parser::write_all(const Block& block) {
    for (const Source& source : block.sources) {
        if (source.read) add_write(s_.reads[*source.read].name);
    }
}

// `targets` are tables or aliases of the block's tables. One that is not found there: all of them.
void Parser::write_targets(const std::vector<TableName>& targets, const Block& block) {
    for (const TableName& target : targets) {
        bool found = false;
        for (const Source& source : block.sources) {
            if (!source.read || !equal_ignoring_case(source.alias, target.table)) continue;
            found = true;
            add_write(s_.reads[*source.read].name);
        }
        if (found) continue;
        // schema.table of a table used under its own name, or a view's name
        add_write(target);
        write_all(block);
    }
}

void Parser::update() {
    s_.kind = StatementKind::write;
    c_.take();
    while (c_.accept_any("LOW_PRIORITY"_w, "IGNORE"_w)) {
    }
    Block block;
    table_references(block);
    if (c_.at("FOR"_w) && c_.peek(1).is("PORTION"_w)) c_.fail();
    c_.expect("SET"_w);
    std::vector<TableName> targets;
    bool all_named = block.sources.size() > 1;
    assignments_in_change(&targets, all_named);
    if (all_named && !c_.failed()) {
        write_targets(targets, block);
    } else {
        write_all(block);
    }
    change_tail();
}

// Behind DELETE: FROM t .., t1, t2 FROM refs, or FROM t1, t2 USING refs.
void Parser::delete_from() {
    s_.kind = StatementKind::write;
    c_.take();
    while (c_.accept_any("LOW_PRIORITY"_w, "QUICK"_w, "IGNORE"_w, "HISTORY"_w)) {
    }
    std::vector<TableName> targets;
    Block block;
    if (!c_.accept("FROM"_w)) {
        delete_targets(targets);
        c_.expect("FROM"_w);
        table_references(block);
        write_targets(targets, block);
        change_tail();
        return;
    }
    delete_targets(targets);
    if (c_.accept("USING"_w)) {
        table_references(block);
        write_targets(targets, block);
        change_tail();
        return;
    }
    for (TableName& target : targets) {
        check_schema(target);
        add_write(std::move(target));
    }
    if (c_.accept("PARTITION"_w)) {
        c_.expect("("_op);
        name_list();
        c_.expect(")"_op);
    }
    std::string alias;
    if (!c_.at("BEFORE"_w)) table_alias(alias);
    if (c_.at("FOR"_w)) {  // FOR PORTION OF period FROM .. TO ..
        skip_statement();
        return;
    }
    index_hints();
    change_tail();
}

void Parser::delete_targets(std::vector<TableName>& targets) {
    do {
        TableName target = table_name();
        if (c_.accept("."_op)) c_.expect("*"_op);
        targets.push_back(std::move(target));
    } while (c_.accept(","_op));
}

// LOAD DATA [..] [LOCAL] INFILE 'file' [REPLACE | IGNORE] INTO TABLE t ..
void Parser::load() {
    c_.take();
    if (!c_.accept_any("DATA"_w, "XML"_w)) {  // LOAD INDEX INTO CACHE
        s_.kind = StatementKind::other;
        s_.implicit_commit = true;
        skip_statement();
        return;
    }
    s_.kind = StatementKind::write;
    while (!c_.failed() && !c_.at("INTO"_w) && !c_.at(";"_op) && !c_.at(TokenKind::end)) c_.take();
    c_.expect("INTO"_w) && c_.expect("TABLE"_w);
    add_write(table_name());
    // Columns, lines and SET, which may call functions: not read.
    bool set = false;
    while (!c_.failed() && !c_.at(";"_op) && !c_.at(TokenKind::end)) {
        const Token token = c_.take();
        if (token.is("SET"_w)) set = true;
        if (set && token.is_name() && c_.at("("_op) && find_function(token.text, mode_) == nullptr) {
            s_.writes_known = false;
        }
    }
}

void Parser::truncate() {
    s_.kind = StatementKind::write;
    s_.implicit_commit = true;
    c_.take();
    c_.accept("TABLE"_w);
    add_write(table_name());
    if (c_.accept("WAIT"_w)) c_.expect(TokenKind::integer);
    c_.accept("NOWAIT"_w);
}

}  // namespace sabil::invalidation::sql
