// Recursive descent over the statements of MariaDB 10.11 and MySQL 8.0 to 9.7. Builds no tree: what a cache must know
// is noted while reading. Its parts: expression.cc (operators), operand.cc, call.cc (functions), query.cc,
// table_reference.cc, change.cc (INSERT, UPDATE ...), definition.cc (DDL), setting.cc (SET), session_statement.cc
// (transactions, SHOW ...).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "invalidation/sql/block.h"
#include "invalidation/sql/cursor.h"
#include "invalidation/sql/functions.h"
#include "invalidation/sql/statement.h"

namespace sabil::invalidation::sql {

// What an expression turned out to be, as far as footprints need it.
struct Expr {
    enum class Shape : std::uint8_t {
        other,
        column,
        constant,
        query,       // a subquery in parentheses
        conjunction  // its conjuncts are on the parser's stack
    } shape = Shape::other;
    ColumnName column;
    Constant constant;
};

class Parser {
  public:
    Parser(Cursor& cursor, const ParseMode& mode) : c_(cursor), mode_(mode) {}

    // Reads one statement, up to `;` or the end.
    Statement statement();

  private:
    // Counts a level of nesting for as long as it lives; too many fail.
    class Level;

    enum class Paren : std::uint8_t { query, join };
    enum class Join : std::uint8_t { none, inner, left, right };
    // What the entry points of statements left undone.
    using StatementReader = void (Parser::*)();

    // facts
    void deny(Reason reason, std::string_view detail);
    void note_function(const FunctionRow* row, std::string_view name);
    void finish();
    void add_write(TableName name);
    std::size_t add_read(TableName name);

    // expression.cc
    Expr expression();
    Expr xor_expression();
    Expr and_expression();
    Expr not_expression();
    Expr comparison();
    Expr predicate();
    bool predicate_tail(const Expr& left, bool negated, std::optional<Conjunct>& found);
    bool in_list(Expr& left, bool negated);
    Expr bit_expression();
    bool accept_bit_operator();
    Expr unary_expression();
    Expr postfix(Expr operand);
    void note_equality(const Expr& left, const Expr& right);
    void note_order(const Expr& left, const Expr& right, bool left_is_less);
    void expression_list();
    void forget(std::size_t mark) { conjuncts_.resize(mark); }
    std::vector<Conjunct> take_conjuncts(std::size_t mark);

    // operand.cc
    Expr operand();
    Expr word_operand();
    Expr reserved_operand();
    Expr string_operand();
    Expr constant_operand();
    Expr parameter_operand();
    Expr parenthesised();
    Expr odbc_escape();
    Expr column_or_call();
    Expr case_expression();
    Expr interval();
    Expr match_against();
    void search_modifier();
    Expr sequence_value();
    Expr exists();
    Expr bare_clock();
    Expr row_or_default();
    void system_variable();
    bool unit();
    bool at_unit();
    bool cast_type();
    bool charset_name();

    // call.cc
    Expr call();
    void call_arguments(const FunctionRow& row);
    void aggregate_arguments();
    void special_arguments(FunctionForm form);
    void list_arguments();
    void substring_arguments();
    void parsed_date_arguments();
    void trim_arguments();
    void json_value_arguments();
    void json_on_clauses();
    void window_tail();
    void window_specification();
    void window_frame();
    void frame_bound();
    void note_result_of_previous(std::string_view name, bool with_arguments);

    // query.cc
    bool at_query();
    bool at_query(std::size_t ahead);
    void query_expression();
    void query_rest();
    void query_term();
    void with_clause();
    void select_block();
    void select_options();
    void select_list();
    void select_item();
    void group_by();
    void window_clause();
    void values_rows();
    void query_tail();
    void order_list();
    void limit_clause();
    bool limit_number();
    void fetch_clause();
    void locking_clause();
    void into_clause();
    bool at_set_operator();
    bool at_query_tail();

    // table_reference.cc
    void table_references(Block& block);
    void table_reference(Block& block);
    Join join_kind();
    void join_condition(Block& block, Join kind, std::size_t first_right, bool right_is_one_table);
    bool table_factor(Block& block);
    Paren parenthesised_factor(Block& block);
    void derived_tail(Block& block);
    bool base_table(Block& block);
    void system_time();
    void index_hints();
    void json_table(Block& block);
    void json_table_columns();
    bool table_alias(std::string& alias);
    void name_list();
    bool is_cte(const TableName& name, bool& certain) const;
    void check_schema(const TableName& name);
    TableName table_name();
    bool name(std::string& out);
    bool at_name();

    // change.cc
    void insert();
    void insert_source();
    void update();
    void update_targets(const Block& block);
    void delete_from();
    void delete_targets(std::vector<TableName>& targets);
    void write_targets(const std::vector<TableName>& targets, const Block& block);
    void write_all(const Block& block);
    void load();
    void truncate();
    void assignments_in_change(std::vector<TableName>* targets, bool& all_named);
    void returning();
    void change_tail();

    // definition.cc
    void create();
    void create_object();
    void alter();
    void drop();
    void rename();
    void maintain_tables();
    void table_definition();
    void index_definition();
    void view_definition();
    void named_targets();
    void trigger_definition();
    void schema_definition();
    void routine_definition();
    void unknown_definition();
    void scan_definition();
    void scan_to_end();
    bool if_exists();
    void account_statement();
    void skip_definer();

    // setting.cc
    void set();
    void assignment();
    void set_transaction(Assignment::Kind kind);
    void set_names(Assignment::Kind kind);
    void set_value(Assignment& out);
    void add_assignment(Assignment assignment);

    // session_statement.cc
    bool session_statement();
    void begin();
    void start();
    void start_transaction();
    void commit(StatementKind kind);
    void rollback();
    void savepoint();
    void use();
    void call_statement();
    void do_statement();
    void show();
    void explain();
    void analyze_statement();
    void harmless();
    void plain(StatementKind kind, bool implicit_commit);
    void skip_statement();
    void dispatch();
    bool query_statement();
    void with_statement();
    void unknown_statement();

    Cursor& c_;
    const ParseMode& mode_;
    Statement s_;
    std::vector<Conjunct> conjuncts_;  // of the expression being read, a stack
    std::vector<std::string> ctes_;    // names in scope
    std::size_t level_ = 0;
    std::size_t closure_steps_ = max_closure_steps;
    bool whole_table_ = false;  // MATCH or a window: no row precision
    bool gives_time_ = false;
    bool in_outer_nest_ = false;  // inside parentheses that an outer join may null-complement
    std::string reads_date_;      // a function that takes today's date for a TIME
};

class Parser::Level {
  public:
    explicit Level(Parser& parser) : parser_(parser) {
        if (++parser_.level_ > max_nesting_levels) parser_.c_.fail();
    }
    ~Level() { --parser_.level_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

  private:
    Parser& parser_;
};

}  // namespace sabil::invalidation::sql
