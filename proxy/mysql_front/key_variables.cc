#include "proxy/mysql_front/key_variables.h"

#include <algorithm>

namespace sabil::proxy::mysql_front {
namespace {

// Sizes, time limits, logging, defaults for DDL and for writes, and what the status flags tell anyway. Sorted.
constexpr std::array<std::string_view, 95> harmless = {
    "alter_algorithm",
    "auto_increment_increment",
    "auto_increment_offset",
    "autocommit",
    "big_tables",
    "bulk_insert_buffer_size",
    "character_set_database",
    "character_set_filesystem",
    "character_set_server",
    "check_constraint_checks",
    "collation_database",
    "collation_server",
    "column_compression_threshold",
    "column_compression_zlib_level",
    "completion_type",
    "connection_memory_chunk_size",
    "connection_memory_limit",
    "default_storage_engine",
    "default_tmp_storage_engine",
    "enforce_storage_engine",
    "eq_range_index_dive_limit",
    "error_count",
    "expensive_subquery_limit",
    "explain_format",
    "explicit_defaults_for_timestamp",
    "foreign_key_checks",
    "global_connection_memory_tracking",
    "identity",
    "information_schema_stats_expiry",
    "innodb_lock_wait_timeout",
    "innodb_strict_mode",
    "innodb_table_locks",
    "insert_id",
    "interactive_timeout",
    "internal_tmp_mem_storage_engine",
    "join_buffer_size",
    "join_buffer_space_limit",
    "join_cache_level",
    "last_gtid",
    "last_insert_id",
    "lc_messages",
    "lock_wait_timeout",
    "long_query_time",
    "low_priority_updates",
    "max_delayed_threads",
    "max_error_count",
    "max_execution_time",
    "max_heap_table_size",
    "max_insert_delayed_threads",
    "max_length_for_sort_data",
    "max_seeks_for_key",
    "max_sp_recursion_depth",
    "max_statement_time",
    "max_tmp_tables",
    "min_examined_row_limit",
    "myisam_sort_buffer_size",
    "myisam_stats_method",
    "note_verbosity",
    "parser_max_mem_size",
    "preload_buffer_size",
    "profiling",
    "profiling_history_size",
    "progress_report_time",
    "pseudo_slave_mode",
    "pseudo_thread_id",
    "query_alloc_block_size",
    "query_cache_strip_comments",
    "query_cache_type",
    "query_cache_wlock_invalidate",
    "query_prealloc_size",
    "rand_seed1",
    "rand_seed2",
    "range_alloc_block_size",
    "read_buffer_size",
    "read_rnd_buffer_size",
    "rowid_merge_buff_size",
    "show_create_table_verbosity",
    "slow_query_log",
    "sort_buffer_size",
    "sql_buffer_result",
    "sql_notes",
    "sql_quote_show_create",
    "sql_require_primary_key",
    "sql_safe_updates",
    "sql_warnings",
    "statement_id",
    "storage_engine",
    "timestamp",
    "tmp_table_size",
    "transaction_alloc_block_size",
    "transaction_prealloc_size",
    "transaction_read_only",
    "tx_read_only",
    "unique_checks",
    "wait_timeout",
};
static_assert(std::is_sorted(harmless.begin(), harmless.end()));

constexpr std::array<std::string_view, 14> harmless_prefixes = {
    "analyze_",     "deadlock_",  "histogram_", "idle_", "log_",           "net_",      "optimizer_",
    "session_track_", "tmp_disk_", "tmp_memory_", "use_stat_", "updatable_views_", "warning_", "tcp_",
};

}  // namespace

std::optional<std::size_t> key_variable_index(std::string_view name) noexcept {
    for (std::size_t i = 0; i < key_variables.size(); ++i) {
        if (key_variables[i].name == name) return i;
    }
    return std::nullopt;
}

bool is_harmless_variable(std::string_view name) noexcept {
    if (std::binary_search(harmless.begin(), harmless.end(), name)) return true;
    return std::any_of(harmless_prefixes.begin(), harmless_prefixes.end(),
                       [&](std::string_view prefix) { return name.starts_with(prefix); });
}

}  // namespace sabil::proxy::mysql_front
