// FROM: tables, joins, derived tables, and which conjuncts of ON hold for which rows.
#include <iterator>
#include <utility>

#include "invalidation/sql/literal.h"
#include "invalidation/sql/parser.h"

namespace sabil::invalidation::sql {

namespace {

constexpr std::size_t max_reads_count = 1024;

}  // namespace

bool Parser::at_name() {
    const Token& token = c_.peek();
    return token.kind == TokenKind::quoted_word ||
           (token.kind == TokenKind::word && !is_reserved(token.word, mode_.dialect));
}

bool Parser::name(std::string& out) {
    if (!at_name()) return c_.fail();
    out = decode_name(c_.take());
    return true;
}

void Parser::name_list() {
    std::string ignored;
    do {
        name(ignored);
        while (c_.accept("."_op)) c_.take();
    } while (c_.accept(","_op));
}

TableName Parser::table_name() {
    TableName out;
    c_.accept("."_op);  // .t is a table of the default schema
    if (!name(out.table)) return out;
    if (c_.at("."_op) && !c_.peek(1).is("*"_op)) {
        c_.take();
        out.schema = std::move(out.table);
        const Token table = c_.take();
        if (!table.is_name() || is_reserved(table.word, mode_.dialect)) {
            c_.fail();
            return out;
        }
        out.table = decode_name(table);
    }
    return out;
}

void Parser::check_schema(const TableName& table) {
    for (const char* system : {"information_schema", "performance_schema", "mysql", "sys"}) {
        if (equal_ignoring_case(table.schema, system)) deny(Reason::system_schema, table.schema);
    }
}

std::size_t Parser::add_read(TableName table) {
    if (s_.reads.size() >= max_reads_count) c_.fail();
    check_schema(table);
    s_.reads.push_back({std::move(table), {}});
    return s_.reads.size() - 1;
}

// Servers differ on the case of names: a CTE of the same name in other letters may or may not be meant.
bool Parser::is_cte(const TableName& table, bool& certain) const {
    certain = false;
    if (!table.schema.empty()) return false;
    bool found = false;
    for (const std::string& cte : ctes_) {
        certain = certain || cte == table.table;
        found = found || equal_ignoring_case(cte, table.table);
    }
    return found;
}

void Parser::table_references(Block& block) {
    do {
        table_reference(block);
    } while (c_.accept(","_op));
}

Parser::Join Parser::join_kind() {
    if (c_.accept_any("JOIN"_w, "STRAIGHT_JOIN"_w)) return Join::inner;
    if (c_.accept_any("INNER"_w, "CROSS"_w)) return c_.expect("JOIN"_w), Join::inner;
    const bool natural = c_.accept("NATURAL"_w);
    if (natural && c_.accept("INNER"_w)) return c_.expect("JOIN"_w), Join::inner;
    if (natural && c_.accept("JOIN"_w)) return Join::inner;
    const bool left = c_.at("LEFT"_w);
    if (c_.accept_any("LEFT"_w, "RIGHT"_w)) {
        c_.accept("OUTER"_w);
        c_.expect("JOIN"_w);
        return left ? Join::left : Join::right;
    }
    if (natural) c_.fail();
    return Join::none;
}

void Parser::table_reference(Block& block) {
    const Level level(*this);
    table_factor(block);
    // Joins whose ON comes behind the next ones: a LEFT JOIN b JOIN c ON .. ON ..
    std::size_t waiting = 0;
    while (!c_.failed()) {
        const bool natural = c_.at("NATURAL"_w);
        const Join kind = join_kind();
        if (kind == Join::none) break;
        // Rows to the left may be null-complemented: what ON said of them is no longer true of every row.
        if (kind == Join::right) block.on_is_sound = false;
        const std::size_t first_right = block.sources.size();
        const bool nested = std::exchange(in_outer_nest_, in_outer_nest_ || kind != Join::inner);
        const bool one_table = table_factor(block);
        in_outer_nest_ = nested;
        if (c_.at_any("ON"_w, "USING"_w)) {
            join_condition(block, kind, first_right, one_table);
        } else if (!natural) {
            if (kind != Join::inner) block.on_is_sound = false;
            ++waiting;
        }
        while (waiting > 0 && c_.at_any("ON"_w, "USING"_w)) {
            block.on_is_sound = false;
            --waiting;
            join_condition(block, Join::right, 0, false);
        }
    }
}

void Parser::join_condition(Block& block, Join kind, std::size_t first_right, bool right_is_one_table) {
    if (c_.accept("USING"_w)) {
        c_.expect("("_op);
        name_list();
        c_.expect(")"_op);
        return;
    }
    c_.take();
    const std::size_t mark = conjuncts_.size();
    expression();
    std::vector<Conjunct> conjuncts = take_conjuncts(mark);
    if (kind == Join::inner && !in_outer_nest_) {
        block.on.insert(block.on.end(), std::make_move_iterator(conjuncts.begin()),
                        std::make_move_iterator(conjuncts.end()));
    } else if (kind == Join::left && !in_outer_nest_ && right_is_one_table && first_right < block.sources.size()) {
        block.sources[first_right].own_on = std::move(conjuncts);
    }
}

// True where it is one base table.
bool Parser::table_factor(Block& block) {
    const Level level(*this);
    if (c_.at("("_op)) {
        parenthesised_factor(block);
        return false;
    }
    if (c_.at("{"_op)) {  // {OJ ..}
        c_.take();
        c_.take();
        block.on_is_sound = false;
        table_reference(block);
        c_.expect("}"_op);
        return false;
    }
    if (c_.at("JSON_TABLE"_w) && c_.peek(1).is("("_op)) {
        json_table(block);
        return false;
    }
    if (c_.at("LATERAL"_w) && c_.peek(1).is("("_op)) {
        c_.take();
        if (parenthesised_factor(block) != Paren::query) c_.fail();
        return false;
    }
    return base_table(block);
}

// (SELECT ..) alias, or joins in parentheses. What `((` starts is known only behind it.
Parser::Paren Parser::parenthesised_factor(Block& block) {
    const Level level(*this);
    c_.expect("("_op);
    if (at_query()) {
        query_expression();
        c_.expect(")"_op);
        derived_tail(block);
        return Paren::query;
    }
    const std::size_t before = block.sources.size();
    table_references(block);
    const bool one_query = block.sources.size() == before + 1 && block.sources[before].alias.empty();
    if (one_query) {  // ((SELECT ..)), and what may follow it
        block.sources.pop_back();
        if (at_set_operator() || at_query_tail()) query_rest();
        c_.expect(")"_op);
        derived_tail(block);
        return Paren::query;
    }
    c_.expect(")"_op);
    return Paren::join;
}

// The alias may be missing where another pair of parentheses encloses the query.
void Parser::derived_tail(Block& block) {
    Source source;
    if (table_alias(source.alias) && c_.at("("_op)) {
        c_.take();
        name_list();
        c_.expect(")"_op);
    }
    source.aliased = true;
    block.sources.push_back(std::move(source));
}

bool Parser::base_table(Block& block) {
    TableName table = table_name();
    if (c_.at("("_op)) return c_.fail();
    if (c_.accept("PARTITION"_w)) {
        c_.expect("("_op);
        name_list();
        c_.expect(")"_op);
    }
    if (c_.at("FOR"_w) && c_.peek(1).is("SYSTEM_TIME"_w)) system_time();
    Source source;
    source.alias = table.table;
    source.aliased = table_alias(source.alias);
    bool certain = false;
    const bool cte = is_cte(table, certain);
    if (!cte) {
        source.read = add_read(std::move(table));
    } else if (!certain) {
        add_read(std::move(table));
    }
    block.sources.push_back(std::move(source));
    index_hints();
    return true;
}

bool Parser::table_alias(std::string& alias) {
    if (c_.accept("AS"_w)) return name(alias);
    if (!at_name() || c_.at_any("WINDOW"_w, "QUALIFY"_w, "TABLESAMPLE"_w)) return false;
    // OFFSET n ROWS may follow, where it is not reserved.
    if (c_.at("OFFSET"_w) && c_.peek(1).kind != TokenKind::op && c_.peek(1).kind != TokenKind::word) return false;
    return name(alias);
}

void Parser::system_time() {
    deny(Reason::temporal_table, "FOR SYSTEM_TIME");
    c_.take();
    c_.take();
    if (c_.accept("ALL"_w)) return;
    const bool as_of = c_.accept("AS"_w);
    if (as_of) c_.expect("OF"_w);
    const bool from = !as_of && c_.accept("FROM"_w);
    if (!as_of && !from) c_.expect("BETWEEN"_w);
    c_.accept_any("TRANSACTION"_w);
    bit_expression();
    if (as_of) return;
    c_.expect(from ? "TO"_w : "AND"_w);
    bit_expression();
}

// {USE | IGNORE | FORCE} {INDEX | KEY} [FOR {JOIN | ORDER BY | GROUP BY}] ([names])
void Parser::index_hints() {
    while (c_.at_any("USE"_w, "IGNORE"_w, "FORCE"_w) && (c_.peek(1).is("INDEX"_w) || c_.peek(1).is("KEY"_w))) {
        c_.take();
        c_.take();
        if (c_.accept("FOR"_w) && !c_.accept("JOIN"_w)) {
            c_.accept_any("ORDER"_w, "GROUP"_w) || c_.fail();
            c_.expect("BY"_w);
        }
        c_.expect("("_op);
        while (!c_.failed() && !c_.at(")"_op)) {
            if (!c_.take().is_name()) c_.fail();
            if (!c_.accept(","_op)) break;
        }
        c_.expect(")"_op);
    }
}

void Parser::json_table(Block& block) {
    c_.take();
    c_.take();
    expression();
    c_.expect(","_op);
    expression();
    json_table_columns();
    json_on_clauses();
    c_.expect(")"_op);
    derived_tail(block);
    if (!block.sources.empty() && block.sources.back().alias.empty()) c_.fail();
}

void Parser::json_table_columns() {
    const Level level(*this);
    c_.expect("COLUMNS"_w) && c_.expect("("_op);
    do {
        if (c_.accept("NESTED"_w)) {
            c_.accept("PATH"_w);
            c_.expect(TokenKind::string);
            json_table_columns();
            continue;
        }
        std::string column;
        name(column);
        if (c_.accept("FOR"_w)) {
            c_.expect("ORDINALITY"_w);
            continue;
        }
        cast_type();
        c_.accept("EXISTS"_w);
        c_.expect("PATH"_w) && c_.expect(TokenKind::string);
        json_on_clauses();
    } while (c_.accept(","_op));
    c_.expect(")"_op);
}

}  // namespace sabil::invalidation::sql
