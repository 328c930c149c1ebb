#include "mysql/binlog/decoder.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include "mysql/binlog/row_reader.h"
#include "tests/mysql/binlog/event_bytes.h"

namespace sabil::mysql::binlog {
namespace {

using testing::bytes;
using testing::event;

class Log final : public BinlogHandler {
  public:
    std::vector<std::string> said;
    void on_format_description(const EventHeader&, const FormatDescription& e) override {
        said.push_back("format " + std::string(e.server_version) + (e.checksums ? " summed" : ""));
    }
    void on_rotate(const EventHeader&, const RotateEvent& e) override {
        said.push_back("rotate " + std::string(e.file) + ":" + std::to_string(e.position));
    }
    void on_mysql_gtid(const EventHeader&, const MysqlGtidEvent& e) override {
        said.push_back(e.anonymous ? "anonymous" : "gtid " + e.gtid.to_string());
    }
    void on_mariadb_gtid(const EventHeader&, const MariadbGtidEvent& e) override {
        said.push_back("gtid " + e.gtid.to_string() + (e.standalone ? " standalone" : "") + (e.is_ddl ? " ddl" : "") +
                       (e.prepared_xa ? " xa " + std::string(e.xid_gtrid) + "/" + std::string(e.xid_bqual) : ""));
    }
    void on_query(const EventHeader&, const QueryEvent& e) override {
        auto text = "query " + std::string(e.schema) + ": " + std::string(e.text);
        for (auto schema : e.updated_schemas) text += " [" + std::string(schema) + "]";
        if (e.has_sql_mode) text += " mode " + std::to_string(e.sql_mode);
        said.push_back(text);
    }
    void on_table_map(const EventHeader&, const TableMap& e) override {
        said.push_back("table " + e.schema + "." + e.table);
    }
    void on_rows(const EventHeader&, const RowsEvent& e) override {
        const std::vector<std::uint16_t> columns{0};
        RowReader reader(e, columns);
        std::string text = "rows";
        while (reader.next()) text += " " + to_string(e.has_after() ? reader.after()[0] : reader.before()[0]);
        said.push_back(text);
    }
    void on_xid(const EventHeader&, const XidEvent& e) override { said.push_back("xid " + std::to_string(e.xid)); }
    void on_xa_prepare(const EventHeader&, const XaPrepareEvent& e) override {
        said.push_back("prepare " + std::string(e.gtrid) + "/" + std::string(e.bqual));
    }
    void on_payload_begin(const EventHeader&, std::uint64_t size) override {
        said.push_back("payload " + std::to_string(size));
    }
    void on_payload_end(const EventHeader&) override { said.push_back("payload end"); }
    void on_heartbeat(const EventHeader&, const HeartbeatEvent& e) override {
        said.push_back("heartbeat " + std::string(e.file) + ":" + std::to_string(e.position));
    }
    void on_incident(const EventHeader&, const IncidentEvent& e) override {
        said.push_back("incident " + std::string(e.message));
    }
    void on_stop(const EventHeader&) override { said.push_back("stop"); }
    void on_unknown(const EventHeader& h, std::string_view) override {
        said.push_back("unknown " + std::to_string(h.raw_type));
    }
};

std::string row_body(int number = 5) {
    return bytes({number, 0, 0, 0, 0, 0, 1, 0, 2, 0, 3, 1}) + bytes({0, 42, 0, 0, 0});
}

class Decoder : public ::testing::Test {
  protected:
    Result<void> give(const std::string& raw) { return decoder.decode(raw, log); }
    void expect(const std::string& raw, const std::string& said) {
        auto decoded = give(raw);
        ASSERT_TRUE(decoded) << decoded.error().message;
        ASSERT_FALSE(log.said.empty());
        EXPECT_EQ(log.said.back(), said);
    }
    EventDecoder decoder;
    Log log;
};

TEST_F(Decoder, reads_the_events_about_the_log) {
    expect(testing::format_description("9.7.0", false), "format 9.7.0");
    expect(event(EventType::rotate, bytes({4, 0, 0, 0, 0, 0, 0, 0}) + "binlog.000002"), "rotate binlog.000002:4");
    expect(event(EventType::heartbeat, "binlog.000002"), "heartbeat binlog.000002:1234");
    expect(event(EventType::heartbeat_v2, bytes({1, 3}) + "b.1" + bytes({2, 3, 0xfc, 1, 1, 0})), "heartbeat b.1:257");
    expect(event(EventType::stop, ""), "stop");
    expect(event(EventType::incident, bytes({1, 0, 4}) + "lost"), "incident lost");
    expect(event(EventType::view_change, "x"), "unknown 37");
    expect(event(static_cast<EventType>(250), "x"), "unknown 250");
}

TEST_F(Decoder, reads_the_begin_of_groups) {
    const auto uuid = std::string(16, '\x11');
    expect(event(EventType::gtid, bytes({0}) + uuid + bytes({5, 0, 0, 0, 0, 0, 0, 0})),
           "gtid 11111111-1111-1111-1111-111111111111:5");
    expect(event(EventType::anonymous_gtid, bytes({1}) + std::string(24, '\0')), "anonymous");
    expect(event(EventType::mariadb_gtid, bytes({9, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0x21}) + std::string(6, '\0')),
           "gtid 2-7-9 standalone ddl");
    expect(event(EventType::mariadb_gtid, bytes({9, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0x40, 1, 0, 0, 0, 2, 1}) + "gtb"),
           "gtid 2-7-9 xa gt/b");
    // Version 1, 20 bytes, last field 1, then field 0 flags, 1 uuid, 2 number, 3 tag.
    std::string tagged = bytes({2, 40, 2, 0, 0, 2});
    for (int i = 0; i < 16; ++i) tagged += bytes({0x22});
    tagged += bytes({4, 20, 6, 6}) + "tag";
    expect(event(EventType::gtid_tagged, tagged), "gtid 11111111-1111-1111-1111-111111111111:tag:5");
}

TEST_F(Decoder, reads_queries_and_ends) {
    const auto status = bytes({1, 5, 0, 0, 0, 0, 0, 0, 0, 12, 2}) + "a" + bytes({0}) + "b" + bytes({0});
    const auto query = bytes({1, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, static_cast<int>(status.size()), 0}) + status + "shop" +
                       bytes({0}) + "BEGIN";
    expect(event(EventType::query, query), "query shop: BEGIN [a] [b] mode 5");
    expect(event(EventType::xid, bytes({9, 0, 0, 0, 0, 0, 0, 0})), "xid 9");
    expect(event(EventType::xa_prepare, bytes({0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0}) + "gtb"), "prepare gt/b");
    for (std::size_t cut = 0; cut < 13 + status.size() + 5; ++cut) {
        EXPECT_FALSE(give(event(EventType::query, query.substr(0, cut)))) << cut;
    }
}

TEST_F(Decoder, rows_need_their_table_map_in_their_statement) {
    EXPECT_FALSE(give(event(EventType::write_rows_v2, row_body())));
    expect(event(EventType::table_map, testing::item_table_map_body()), "table shop.item");
    expect(event(EventType::write_rows_v2, row_body()), "rows 42");
    EXPECT_FALSE(give(event(EventType::write_rows_v2, row_body())));  // the statement has ended
    expect(event(EventType::table_map, testing::item_table_map_body()), "table shop.item");
    EXPECT_FALSE(give(event(EventType::write_rows_v2, row_body(6))));
    const auto two_columns = bytes({5, 0, 0, 0, 0, 0, 1, 0, 2, 0, 2, 1, 0, 42, 0, 0, 0});
    EXPECT_FALSE(give(event(EventType::write_rows_v2, two_columns)));
    const auto end_only = bytes({0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 2, 0, 0});
    EXPECT_TRUE(give(event(EventType::delete_rows_v2, end_only)));
    EXPECT_FALSE(give(event(EventType::write_rows_v2, row_body())));
}

TEST_F(Decoder, checks_sums) {
    // The first byte of flags says "in use", which a file under way has set and the sum leaves out.
    expect(testing::format_description("10.11.6-MariaDB-log", true, 1), "format 10.11.6-MariaDB-log summed");
    expect(event(EventType::xid, bytes({9, 0, 0, 0, 0, 0, 0, 0}), true), "xid 9");
    auto damaged = event(EventType::xid, bytes({9, 0, 0, 0, 0, 0, 0, 0}), true);
    damaged[20] = 1;
    auto refused = give(damaged);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::protocol);
    EXPECT_NE(refused.error().message.find("checksum of a XID"), std::string::npos) << refused.error().message;
    EXPECT_FALSE(give(event(EventType::stop, "")));  // no room for a sum
}

TEST_F(Decoder, refuses_headers_that_do_not_fit) {
    const auto good = event(EventType::xid, bytes({9, 0, 0, 0, 0, 0, 0, 0}));
    for (std::size_t cut = 0; cut < good.size(); ++cut) EXPECT_FALSE(give(good.substr(0, cut))) << cut;
    EXPECT_FALSE(give(good + "x"));
    EXPECT_FALSE(give(event(EventType::format_description, bytes({3, 0}) + std::string(80, '\0'))));
    EXPECT_TRUE(log.said.empty());
}

std::string payload_event(const std::string& inner, bool compress, int algorithm = 0) {
    auto data = inner;
    if (compress) {
        data.resize(ZSTD_compressBound(inner.size()));
        data.resize(ZSTD_compress(data.data(), data.size(), inner.data(), inner.size(), 3));
    }
    const auto size = [](std::size_t n) { return bytes({0xfc, static_cast<int>(n & 255), static_cast<int>(n >> 8)}); };
    return event(EventType::transaction_payload,
                 bytes({2, 1}) + bytes({compress ? algorithm : 0xfc}).substr(0, compress ? 1 : 0) +
                     (compress ? std::string() : bytes({0})) + bytes({3, 3}) + size(inner.size()) + bytes({1, 3}) +
                     size(data.size()) + bytes({0}) + data);
}

TEST_F(Decoder, unpacks_a_transaction) {
    const auto inner = event(EventType::table_map, testing::item_table_map_body()) +
                       event(EventType::write_rows_v2, row_body()) +
                       event(EventType::xid, bytes({9, 0, 0, 0, 0, 0, 0, 0}));
    ASSERT_TRUE(give(payload_event(inner, true)));
    EXPECT_EQ(log.said, (std::vector<std::string>{"payload " + std::to_string(inner.size()), "table shop.item",
                                                  "rows 42", "xid 9", "payload end"}));
    EXPECT_FALSE(give(payload_event(inner.substr(0, inner.size() - 1), true)));
    EXPECT_FALSE(give(payload_event(inner, true, 7)));
    EXPECT_FALSE(give(payload_event(payload_event(inner, true), true)));
    EXPECT_FALSE(give(payload_event(inner, false)));  // says zstd, and is not
}

TEST(DecoderLimits, hold) {
    Log log;
    DecoderOptions options;
    options.table_maps_count_max = 1;
    EventDecoder decoder(options);
    auto second = testing::item_table_map_body();
    second[0] = 6;
    ASSERT_TRUE(decoder.decode(event(EventType::table_map, testing::item_table_map_body()), log));
    auto refused = decoder.decode(event(EventType::table_map, second), log);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::out_of_range);
    // Once the statement has ended, its maps make room.
    ASSERT_TRUE(decoder.decode(event(EventType::write_rows_v2, row_body()), log));
    EXPECT_TRUE(decoder.decode(event(EventType::table_map, second), log));

    options.unpacked_bytes_max = 50;
    EventDecoder small(options);
    const auto inner = event(EventType::rows_query, "x" + std::string(100, 'q'));
    refused = small.decode(payload_event(inner, true), log);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::out_of_range);
}

}  // namespace
}  // namespace sabil::mysql::binlog
