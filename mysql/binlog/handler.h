// Who wants the decoded events. Every function is called from the one thread that feeds the decoder; views are valid
// during the call. What is not overridden is ignored, save on_unknown(), which must decide.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "mysql/binlog/event.h"
#include "mysql/binlog/rows_event.h"
#include "mysql/binlog/table_map.h"

namespace sabil::mysql::binlog {

class BinlogHandler {
  public:
    virtual ~BinlogHandler() = default;

    virtual void on_format_description(const EventHeader&, const FormatDescription&) {}
    virtual void on_rotate(const EventHeader&, const RotateEvent&) {}
    virtual void on_previous_gtids(const EventHeader&, const MysqlGtidSet&) {}
    virtual void on_gtid_list(const EventHeader&, std::span<const MariadbGtid>) {}
    virtual void on_binlog_checkpoint(const EventHeader&, std::string_view /*file*/) {}

    virtual void on_mysql_gtid(const EventHeader&, const MysqlGtidEvent&) {}
    virtual void on_mariadb_gtid(const EventHeader&, const MariadbGtidEvent&) {}
    // BEGIN, COMMIT, ROLLBACK, SAVEPOINT, XA ..., DDL, and statements.
    virtual void on_query(const EventHeader&, const QueryEvent&) {}
    virtual void on_table_map(const EventHeader&, const TableMap&) {}
    virtual void on_rows(const EventHeader&, const RowsEvent&) {}
    virtual void on_xid(const EventHeader&, const XidEvent&) {}
    virtual void on_xa_prepare(const EventHeader&, const XaPrepareEvent&) {}
    // Statement-based parts: INTVAR, RAND, USER_VAR, LOAD DATA blocks. The statement itself comes as on_query;
    // EXECUTE_LOAD_QUERY too.
    virtual void on_statement_context(const EventHeader&) {}
    // The text of the statement behind the rows that follow: ROWS_QUERY, ANNOTATE_ROWS.
    virtual void on_rows_query(const EventHeader&, std::string_view /*text*/) {}
    // A compressed transaction (40): its events come through the functions above, between these two.
    virtual void on_payload_begin(const EventHeader&, std::uint64_t /*uncompressed_bytes*/) {}
    virtual void on_payload_end(const EventHeader&) {}

    virtual void on_heartbeat(const EventHeader&, const HeartbeatEvent&) {}
    virtual void on_incident(const EventHeader&, const IncidentEvent&) = 0;
    virtual void on_stop(const EventHeader&) {}
    virtual void on_start_encryption(const EventHeader&, const StartEncryptionEvent&) {}
    // A type that is not known, or known and not decoded (pre-5.0 events, TRANSACTION_CONTEXT, VIEW_CHANGE). Those
    // marked ignorable come here too.
    virtual void on_unknown(const EventHeader&, std::string_view body) = 0;
};

}  // namespace sabil::mysql::binlog
