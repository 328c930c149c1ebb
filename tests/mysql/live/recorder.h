// Records what a dump tells, rows as texts in the form that mysqlbinlog -vv prints.
#pragma once

#include <asio/io_context.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "mysql/binlog/dump_client.h"
#include "mysql/binlog/row_reader.h"
#include "tests/mysql/live/server.h"

namespace sabil::mysql::live {

using Image = std::map<int, std::string>;  // position from 1 -> text; what the image does not hold is not there

struct RecordedRow {
    std::string table;   // "schema.table"
    std::string change;  // "INSERT", "UPDATE", "DELETE"
    Image before;
    Image after;
};

class Recorder final : public binlog::BinlogHandler {
  public:
    std::vector<RecordedRow> rows;
    std::vector<std::string> gtids;
    std::vector<std::string> queries;  // "schema: text"
    std::vector<std::string> xa_prepared;
    std::vector<std::string> unknown;
    std::map<std::string, binlog::TableMap> tables;
    std::string server_version;
    std::string error;                   // of a row
    std::set<std::string> uncompressed;  // values of compressed columns
    int xids = 0;
    int payloads = 0;
    int partial_values = 0;
    int heartbeats = 0;
    int rotations = 0;
    bool previous_gtids_seen = false;
    binlog::BinlogPosition position;

    void on_format_description(const binlog::EventHeader&, const binlog::FormatDescription& e) override {
        server_version = e.server_version;
    }
    void on_rotate(const binlog::EventHeader&, const binlog::RotateEvent& e) override {
        ++rotations;
        position = {std::string(e.file), e.position};
    }
    void on_previous_gtids(const binlog::EventHeader&, const binlog::MysqlGtidSet&) override {
        previous_gtids_seen = true;
    }
    void on_gtid_list(const binlog::EventHeader&, std::span<const binlog::MariadbGtid>) override {
        previous_gtids_seen = true;
    }
    void on_mysql_gtid(const binlog::EventHeader&, const binlog::MysqlGtidEvent& e) override {
        gtids.push_back(e.anonymous ? "anonymous" : e.gtid.to_string());
    }
    void on_mariadb_gtid(const binlog::EventHeader&, const binlog::MariadbGtidEvent& e) override {
        gtids.push_back(e.gtid.to_string());
    }
    void on_query(const binlog::EventHeader&, const binlog::QueryEvent& e) override {
        queries.push_back(std::string(e.schema) + ": " + std::string(e.text));
    }
    void on_table_map(const binlog::EventHeader&, const binlog::TableMap& e) override {
        tables[e.schema + "." + e.table] = e;
    }
    void on_rows(const binlog::EventHeader&, const binlog::RowsEvent& e) override;
    void on_xid(const binlog::EventHeader&, const binlog::XidEvent&) override { ++xids; }
    void on_xa_prepare(const binlog::EventHeader&, const binlog::XaPrepareEvent& e) override {
        xa_prepared.push_back(std::string(e.gtrid) + "/" + std::string(e.bqual));
    }
    void on_payload_begin(const binlog::EventHeader&, std::uint64_t) override { ++payloads; }
    void on_heartbeat(const binlog::EventHeader&, const binlog::HeartbeatEvent&) override { ++heartbeats; }
    void on_incident(const binlog::EventHeader&, const binlog::IncidentEvent&) override {
        unknown.push_back("INCIDENT");
    }
    void on_unknown(const binlog::EventHeader& header, std::string_view) override {
        unknown.push_back(std::to_string(header.raw_type));
    }

  private:
    Image image(const binlog::TableMap& table, std::span<const binlog::Value> values);
};

// The text mysqlbinlog prints for a value, quotes and escapes undone.
std::string printed(const binlog::Value& value, const binlog::TableColumn& column);

// The rows of a binlog file as the server's own tool prints them.
std::vector<RecordedRow> rows_by_tool(const Server& server, const std::string& file);

// Follows the server's binlog from `from` until a row of the table `marker` comes; fails the test where the dump ends.
void record(const Server& server, binlog::DumpStart from, const std::string& marker, Recorder& recorder);

}  // namespace sabil::mysql::live
