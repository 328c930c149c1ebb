// Binlog events -> groups -> stamps. A group (transaction, standalone DDL, XA COMMIT) is gathered as a footprint until
// it ends; then its stamps are written and A moves on (rule 2). What cannot be understood begins a new epoch, so that
// nothing filled before is served.
//
// Thread-safety: one thread; it is the only one that applies groups to the ledger and changes to the catalog.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "invalidation/ledger.h"
#include "invalidation/schema/catalog.h"
#include "invalidation/tailer/executed.h"
#include "invalidation/tailer/footprint.h"
#include "invalidation/tailer/statement_change.h"
#include "mysql/binlog/handler.h"

namespace sabil::invalidation {

// A group under way.
struct BinlogGroup {
    Sequence n = 0;
    GroupMark mark;
    Footprint footprint;
    std::shared_ptr<const CatalogSnapshot> catalog;
    std::vector<sql::TableName> definitions;         // tables whose columns change with it
    std::map<std::uint64_t, sql::TableName> mapped;  // by table number, rows of this statement not seen yet
    bool any_definition = false;
    bool open = false;         // a transaction: ends with XID, COMMIT or ROLLBACK
    bool standalone = false;   // MariaDB: ends with its only statement
    std::string xid;           // XA
    Sequence epoch_first = 0;  // an epoch was begun while it was under way
};

class Tailer final : public mysql::binlog::BinlogHandler {
  public:
    class Observer {
      public:
        virtual ~Observer() = default;
        // After A := n. timestamp: Unix seconds on the origin's clock, 0 = unknown.
        virtual void on_group_applied(Sequence n, std::uint32_t timestamp) = 0;
        // The group just applied began an epoch of its own; reason is stable and label-safe.
        virtual void on_epoch(std::string_view reason) = 0;
        // The dump has begun: its first event is here.
        virtual void on_stream() = 0;
    };

    // All must outlive it.
    Tailer(Ledger& ledger, Catalog& catalog, Executed& executed, Observer& observer);

    // version: 101100 = 10.11.0, 90700 = 9.7.0.
    void set_server(sql::Dialect dialect, std::uint32_t version) noexcept {
        dialect_ = dialect;
        version_ = version;
    }
    // The dump is about to start here (the position is empty where it starts by GTID set). What was gathered of an
    // unfinished group is dropped: it comes again.
    void starting_at(const mysql::binlog::BinlogPosition& position);
    // Another server or another history: prepared XA transactions are forgotten too.
    void forget_history();

    // Changes of our own making, effective at once: a purge.
    void purge_table(std::string_view schema, std::string_view table);
    // A change that the server was told not to log. definitions: of tables, perhaps.
    void unlogged_change(bool definitions);
    // Begins an epoch now. The catalog is dropped where the definitions may be others than it says.
    void begin_epoch(std::string_view reason, bool drop_catalog, Rights rights);

    bool in_group() const noexcept { return group_.has_value(); }
    const mysql::binlog::BinlogPosition& position() const noexcept { return position_; }

    static constexpr std::size_t prepared_count_max = 4096;
    static constexpr std::size_t prepared_bytes_max = 64U << 20;
    static constexpr std::size_t mapped_count_max = 16384;

  private:
    using Header = mysql::binlog::EventHeader;
    using Group = BinlogGroup;

    void on_format_description(const Header& header, const mysql::binlog::FormatDescription& format) override;
    void on_rotate(const Header& header, const mysql::binlog::RotateEvent& event) override;
    void on_previous_gtids(const Header& header, const mysql::binlog::MysqlGtidSet&) override { advance(header); }
    void on_gtid_list(const Header& header, std::span<const mysql::binlog::MariadbGtid>) override { advance(header); }
    void on_binlog_checkpoint(const Header& header, std::string_view) override { advance(header); }
    void on_mysql_gtid(const Header& header, const mysql::binlog::MysqlGtidEvent& event) override;
    void on_mariadb_gtid(const Header& header, const mysql::binlog::MariadbGtidEvent& event) override;
    void on_query(const Header& header, const mysql::binlog::QueryEvent& event) override;
    void on_table_map(const Header& header, const mysql::binlog::TableMap& map) override;
    void on_rows(const Header& header, const mysql::binlog::RowsEvent& event) override;
    void on_xid(const Header& header, const mysql::binlog::XidEvent&) override;
    void on_xa_prepare(const Header& header, const mysql::binlog::XaPrepareEvent& event) override;
    void on_statement_context(const Header& header) override { advance(header); }
    void on_rows_query(const Header& header, std::string_view) override { advance(header); }
    void on_payload_begin(const Header& header, std::uint64_t) override;
    void on_payload_end(const Header&) override { in_payload_ = false; }
    void on_incident(const Header& header, const mysql::binlog::IncidentEvent&) override;
    void on_stop(const Header& header) override { advance(header); }
    void on_start_encryption(const Header& header, const mysql::binlog::StartEncryptionEvent&) override {
        advance(header);
    }
    void on_unknown(const Header& header, std::string_view body) override;

    void advance(const Header& header);
    Group& begin_group();
    Group& current_group(std::string_view reason_without_one);
    void apply_statement(Group& group, const StatementChange& change, const mysql::binlog::QueryEvent& event);
    void touch_schemas(Group& group, const StatementChange& change, const mysql::binlog::QueryEvent& event);
    void touch_known_schemas(Group& group);
    void touch_mapped(Group& group);
    void commit_prepared(Group& group, const std::string& xid);
    void prepare(const Header& header, std::string xid);
    void finish_group(const Header& header);
    void stamp_now(const Footprint& footprint);
    void drop_definitions(Group& group);
    void drop_catalog(Sequence n);

    Ledger& ledger_;
    Catalog& catalog_;
    Executed& executed_;
    Observer& observer_;
    sql::Dialect dialect_ = sql::Dialect::mariadb;
    std::uint32_t version_ = 0;
    mysql::binlog::BinlogPosition position_;
    std::string file_before_;  // the one that this dump read before; empty: none
    bool in_payload_ = false;
    std::optional<Group> group_;
    std::unordered_map<std::string, Footprint> prepared_;  // by xid
    std::size_t prepared_bytes_ = 0;
};

}  // namespace sabil::invalidation
