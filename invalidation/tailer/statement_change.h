// What a statement in the binlog (a QUERY event) changes, where no row events say it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "invalidation/sql/statement.h"

namespace sabil::invalidation {

enum class StatementEffect : std::uint8_t {
    begin,  // opens a transaction
    commit,
    rollback,
    xa_start,
    xa_end,
    xa_commit,    // `xid`
    xa_rollback,  // `xid`
    none,         // savepoints, administration, triggers and routines: no cached result changes
    rows,         // rows of tables that cannot be trusted to be all named: take the schemas
    truncate,     // the rows of `tables`
    definitions,  // the definitions of `tables`, and of nothing else
    anything,     // definitions, not known whose
    accounts,     // who may see what
    unknown,
};

struct StatementChange {
    StatementEffect effect = StatementEffect::unknown;
    std::vector<sql::TableName> tables;  // schema filled in
    std::string xid;                     // as it identifies the transaction: see xid_text()
    bool opens_transaction = false;      // CREATE TABLE ... START TRANSACTION: its rows follow
};

// How the event's text is to be read: its sql_mode bits and its client's collation id, on a server of this kind.
sql::ParseMode parse_mode(sql::Dialect dialect, std::uint32_t server_version, std::uint64_t sql_mode,
                          std::uint16_t client_collation) noexcept;

// default_schema: the event's.
StatementChange read_statement(std::string_view text, std::string_view default_schema, const sql::ParseMode& mode);

// One spelling for an XA transaction's name, from an event's parts.
std::string xid_text(std::string_view gtrid, std::string_view bqual, std::uint32_t format);

}  // namespace sabil::invalidation
