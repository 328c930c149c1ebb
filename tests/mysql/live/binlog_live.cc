// Rows as we decode them against what mariadb-binlog and mysqlbinlog print for the same file.
#include <gtest/gtest.h>

#include "tests/mysql/live/recorder.h"

namespace sabil::mysql {
namespace {

using live::Recorder;

class BinlogLive : public ::testing::TestWithParam<const live::Server& (*)()> {
  protected:
    const live::Server& server() const { return GetParam()(); }

    // A new binlog file; its name.
    std::string fresh_file(live::Root& root) {
        root.sql("FLUSH BINARY LOGS");
        const auto status = root.sql(server().mariadb() ? "SHOW MASTER STATUS" : "SHOW BINARY LOG STATUS");
        return std::string(status.at(0, 0).value_or(""));
    }
    void write_marker(live::Root& root) {
        root.sql("CREATE TABLE IF NOT EXISTS binlog_live.marker (n INT); INSERT INTO binlog_live.marker VALUES (1)");
    }
    std::string folder(live::Root& root) {
        const auto base = std::string(root.sql("SELECT @@log_bin_basename").at(0, 0).value_or(""));
        return base.substr(0, base.rfind('/') + 1);
    }
    static void expect_same_image(const live::Image& ours, const live::Image& theirs, const std::string& where) {
        for (const auto& [column, text] : theirs) {
            const auto at = ours.find(column);
            if (at == ours.end()) {
                ADD_FAILURE() << where << ": column " << column << " is missing";
            } else if (at->second != text) {
                ADD_FAILURE() << where << ": column " << column << " is '" << at->second.substr(0, 200)
                              << "', the tool has '" << text.substr(0, 200) << "'";
            }
        }
        EXPECT_EQ(ours.size(), theirs.size()) << where;
    }
    void expect_same_as_tool(live::Root& root, const std::string& file, const Recorder& recorder) {
        const auto expected = live::rows_by_tool(server(), folder(root) + file);
        ASSERT_EQ(recorder.rows.size(), expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            EXPECT_EQ(recorder.rows[i].table, expected[i].table) << "row " << i;
            EXPECT_EQ(recorder.rows[i].change, expected[i].change) << "row " << i;
            expect_same_image(recorder.rows[i].before, expected[i].before, "row " + std::to_string(i) + " before");
            expect_same_image(recorder.rows[i].after, expected[i].after, "row " + std::to_string(i) + " after");
        }
    }
};

std::string columns(bool mariadb) {
    std::string out =
        "id BIGINT UNSIGNED, ti TINYINT, tu TINYINT UNSIGNED, si SMALLINT, su SMALLINT UNSIGNED, mi MEDIUMINT, mu "
        "MEDIUMINT UNSIGNED, i INT, iu INT UNSIGNED, bi BIGINT, f FLOAT, d DOUBLE, n1 DECIMAL(65,30), n2 "
        "DECIMAL(10,0), n3 DECIMAL(5,5), n4 DECIMAL(18,9), n5 DECIMAL(1,0), da DATE, y YEAR, t0 TIME, t1 TIME(1), t3 "
        "TIME(3), t6 TIME(6), dt0 DATETIME, dt2 DATETIME(2), dt5 DATETIME(5), dt6 DATETIME(6), ts0 TIMESTAMP NULL, ts3 "
        "TIMESTAMP(3) NULL, ts6 TIMESTAMP(6) NULL, c1 CHAR(1), c CHAR(200), cb CHAR(255) CHARACTER SET utf8mb4, b "
        "BINARY(5), vc VARCHAR(20), vl VARCHAR(2000), vb VARBINARY(300), tb TINYBLOB, bl BLOB, mb MEDIUMBLOB, lb "
        "LONGBLOB, tt TINYTEXT, tx TEXT, mt MEDIUMTEXT, lt LONGTEXT, e ENUM('one','two','three'), s "
        "SET('a','b','c','d','e','f','g','h','i'), b1 BIT(1), b7 BIT(7), b8 BIT(8), b33 BIT(33), b64 BIT(64), j JSON";
    out += mariadb ? ", u UUID, i6 INET6, i4 INET4, vcc VARCHAR(500) COMPRESSED, bc BLOB COMPRESSED" : "";
    return out + ", PRIMARY KEY (id)";
}

// Three rows: the largest, the smallest, and NULLs.
std::vector<std::string> rows(bool mariadb) {
    const std::string more_full = mariadb ? ", '123e4567-e89b-12d3-a456-426655440000', '2001:db8::ff00:42:8329', "
                                            "'192.0.2.33', REPEAT('compress me ', 20), REPEAT('blob ', 5000)"
                                          : "";
    const std::string more_least = mariadb ? ", '00000000-0000-0000-0000-000000000000', '::', '0.0.0.0', '', ''" : "";
    const std::string more_null = mariadb ? ", NULL, NULL, NULL, NULL, NULL" : "";
    std::string nulls = "(3";
    for (int i = 0; i < 52; ++i) nulls += ", NULL";
    return {
        "(18446744073709551615, 127, 255, 32767, 65535, 8388607, 16777215, 2147483647, 4294967295, "
        "9223372036854775807, 3.25, 1.5e300, 12345678901234567890123456789012345.123456789012345678901234567890, "
        "9999999999, 0.99999, 123456789.123456789, 9, '9999-12-31', 2155, '838:59:59', '12:34:56.7', '12:34:56.789', "
        "'00:00:00.000001', '9999-12-31 23:59:59', '2024-02-29 12:34:56.78', '2024-02-29 12:34:56.78901', '2024-02-29 "
        "12:34:56.789012', '2024-02-29 12:34:56', '2024-02-29 12:34:56.789', '2024-02-29 12:34:56.789012', 'x', "
        "REPEAT('c', 200), REPEAT('é', 255), X'0102030405', 'short', REPEAT('long ', 300), X'00FF27', X'00', "
        "REPEAT('b', 300), REPEAT('m', 70000), X'0A0D5C27', 'tiny', 'text with ''quotes'' and \\\\ and \\n', 'mt', "
        "REPEAT('l', 70000), 'three', 'a,c,i', b'1', b'1010101', b'11111111', b'100000000000000000000000000000001', "
        "b'1111111111111111111111111111111111111111111111111111111111111111', '{\"k\": [1, 2.5, null, \"x\"]}'" +
            more_full + ")",
        "(1, -128, 0, -32768, 0, -8388608, 0, -2147483648, 0, -9223372036854775808, -0.1, -1e-300, "
        "-0.000000000000000000000000000001, -1, -0.00001, -0.5, -9, '1000-01-01', 1901, '-838:59:59', '-00:00:00.1', "
        "'-12:34:56.789', '-00:00:00.000001', '1000-01-01 00:00:00', '1000-01-01 00:00:00.01', '1000-01-01 00:00:00', "
        "'1000-01-01 00:00:00.000001', '1970-01-02 00:00:01', '1970-01-02 00:00:01.001', '1970-01-02 00:00:01.000001', "
        "'', '', '', X'00', '', '', '', '', '', '', '', '', '', '', '', 'one', '', b'0', b'0', b'0', b'0', b'0', '[]'" +
            more_least + ")",
        nulls + more_null + ")"};
}

void change_rows(live::Root& root, bool mariadb) {
    for (const auto& row : rows(mariadb)) root.sql("INSERT INTO binlog_live.t VALUES " + row);
    root.sql("UPDATE binlog_live.t SET i = 7, vc = 'changed', dt6 = '2020-01-01 01:01:01.000001' WHERE id = 1");
    root.sql("UPDATE binlog_live.t SET lt = NULL, tx = 'no longer', n1 = 1 WHERE id > 5");
    root.sql("UPDATE binlog_live.t SET id = 4, ti = 1 WHERE id = 3");
    root.sql("DELETE FROM binlog_live.t WHERE id <> 4");
    root.sql("DELETE FROM binlog_live.t");
}

TEST_P(BinlogLive, decodes_every_type_in_every_image_as_the_server_s_tool_does) {
    live::Root root(server());
    root.sql("CREATE DATABASE IF NOT EXISTS binlog_live; SET SESSION sql_mode = '', time_zone = '+00:00'");
    for (const std::string metadata : {"MINIMAL", "FULL"}) {
        root.sql("SET GLOBAL binlog_row_metadata = " + metadata);
        for (const std::string image : {"FULL", "MINIMAL", "NOBLOB"}) {
            SCOPED_TRACE(metadata + " metadata, " + image + " image");
            root.sql("DROP TABLE IF EXISTS binlog_live.marker, binlog_live.t; SET SESSION binlog_row_image = " + image);
            root.sql("CREATE TABLE binlog_live.t (" + columns(server().mariadb()) + ") CHARACTER SET latin1");
            const auto file = fresh_file(root);
            change_rows(root, server().mariadb());
            write_marker(root);
            Recorder recorder;
            live::record(server(), binlog::BinlogPosition{file, 4}, "binlog_live.marker", recorder);
            EXPECT_TRUE(recorder.unknown.empty());
            expect_same_as_tool(root, file, recorder);
            if (server().mariadb()) {
                std::string text;
                std::string blob;
                for (int i = 0; i < 20; ++i) text += "compress me ";
                for (int i = 0; i < 5000; ++i) blob += "blob ";
                EXPECT_TRUE(recorder.uncompressed.contains(text) && recorder.uncompressed.contains(blob));
            }
            const auto& table = recorder.tables["binlog_live.t"];
            EXPECT_EQ(table.has_names, metadata == "FULL");
            if (metadata != "FULL") continue;
            EXPECT_EQ(table.columns[0].name, "id");
            EXPECT_EQ(table.primary_key, (std::vector<std::uint16_t>{0}));
            for (const auto& column : table.columns) {
                using Signedness = binlog::TableColumn::Signedness;
                const bool is_unsigned = column.name == "id" || column.name == "tu" || column.name == "su" ||
                                         column.name == "mu" || column.name == "iu";
                EXPECT_EQ(column.signedness == Signedness::is_unsigned, is_unsigned) << column.name;
                static const std::set<std::string> bytes{"b", "vb", "tb", "bl", "mb", "lb", "bc", "u", "i6", "i4"};
                const bool has_charset = column.collation != 0 && column.type != ColumnType::geometry;
                EXPECT_EQ(has_charset && column.collation == binary_collation, bytes.contains(column.name))
                    << column.name << " " << column.collation;
                if (column.name == "e") {
                    EXPECT_EQ(column.members, (std::vector<std::string>{"one", "two", "three"}));
                }
            }
        }
    }
    root.sql("SET GLOBAL binlog_row_metadata = " + std::string(server().mariadb() ? "NO_LOG" : "MINIMAL"));
}

// What the tools do not print, against the server's own HEX().
TEST_P(BinlogLive, decodes_geometry_and_vectors_as_the_server_holds_them) {
    live::Root root(server());
    root.sql("CREATE DATABASE IF NOT EXISTS binlog_live; DROP TABLE IF EXISTS binlog_live.marker, binlog_live.special");
    const std::string type = server().mariadb() ? "VARBINARY(100)" : "VECTOR(3)";
    const std::string value = server().mariadb() ? "X'00'" : "TO_VECTOR('[1,2.5,-3]')";
    root.sql("CREATE TABLE binlog_live.special (id INT PRIMARY KEY, g GEOMETRY, v " + type + ", after_it INT)");
    const auto file = fresh_file(root);
    root.sql("INSERT INTO binlog_live.special VALUES (1, ST_GeomFromText('POINT(1 2)'), " + value +
             ", 11), (2, NULL, NULL, 12)");
    write_marker(root);
    Recorder recorder;
    live::record(server(), binlog::BinlogPosition{file, 4}, "binlog_live.marker", recorder);
    const auto held = root.sql("SELECT g, v FROM binlog_live.special ORDER BY id");
    ASSERT_GE(recorder.rows.size(), 2U);
    EXPECT_EQ(recorder.rows[0].after[2], *held.at(0, 0));
    EXPECT_EQ(recorder.rows[0].after[3], *held.at(0, 1));
    EXPECT_EQ(recorder.rows[0].after[4], "11");
    EXPECT_EQ(recorder.rows[1].after[2], "NULL");
    EXPECT_EQ(recorder.rows[1].after[4], "12");
}

// Groups as they begin and end: GTIDs in order, XA, DDL, statements, savepoints.
TEST_P(BinlogLive, tells_groups_by_gtid) {
    live::Root root(server());
    root.sql("CREATE DATABASE IF NOT EXISTS binlog_live; DROP TABLE IF EXISTS binlog_live.marker, binlog_live.x");
    const auto file = fresh_file(root);
    root.sql("CREATE TABLE binlog_live.x (id INT PRIMARY KEY) ENGINE=InnoDB");
    root.sql("BEGIN; INSERT INTO binlog_live.x VALUES (1); INSERT INTO binlog_live.x VALUES (2); COMMIT");
    root.sql(
        "XA START 'trx','q'; INSERT INTO binlog_live.x VALUES (3); XA END 'trx','q'; XA PREPARE 'trx','q'; XA COMMIT "
        "'trx','q'");
    root.sql(
        "SET SESSION binlog_format = STATEMENT; UPDATE binlog_live.x SET id = 10 WHERE id = 1; SET SESSION "
        "binlog_format = ROW");
    if (!server().mariadb()) {
        root.sql(
            "SET gtid_next = 'AUTOMATIC:night_job'; INSERT INTO binlog_live.x VALUES (4); SET gtid_next = 'AUTOMATIC'");
    }
    write_marker(root);
    Recorder recorder;
    live::record(server(), binlog::BinlogPosition{file, 4}, "binlog_live.marker", recorder);
    EXPECT_TRUE(recorder.unknown.empty());
    EXPECT_TRUE(recorder.previous_gtids_seen);
    EXPECT_EQ(recorder.xa_prepared, (std::vector<std::string>{"trx/q"}));
    const auto said = [&](const std::string& text) {
        return std::any_of(recorder.queries.begin(), recorder.queries.end(),
                           [&](const std::string& query) { return query.find(text) != std::string::npos; });
    };
    EXPECT_TRUE(said("CREATE TABLE binlog_live.x"));
    EXPECT_TRUE(said("UPDATE binlog_live.x SET id = 10"));
    EXPECT_TRUE(said("XA COMMIT"));
    // DDL, the transaction, XA twice, the statement, [the tagged one], the marker's table and row.
    ASSERT_EQ(recorder.gtids.size(), server().mariadb() ? 7U : 8U);
    if (server().mariadb()) {
        const auto end = binlog::MariadbGtidPosition::parse(*root.sql("SELECT @@gtid_binlog_pos").at(0, 0));
        for (const auto& gtid : recorder.gtids) EXPECT_TRUE(end->contains(*binlog::MariadbGtid::parse(gtid))) << gtid;
        EXPECT_EQ(recorder.gtids.back(), end->to_string());
    } else {
        const auto executed = binlog::MysqlGtidSet::parse(*root.sql("SELECT @@gtid_executed").at(0, 0));
        for (const auto& gtid : recorder.gtids)
            EXPECT_TRUE(executed->contains(*binlog::MysqlGtid::parse(gtid))) << gtid;
        EXPECT_NE(recorder.gtids[5].find(":night_job:"), std::string::npos) << recorder.gtids[5];
    }
}

// Resuming by GTID, with a set that has tags and holes.
TEST_P(BinlogLive, starts_behind_a_gtid) {
    live::Root root(server());
    root.sql("CREATE DATABASE IF NOT EXISTS binlog_live; DROP TABLE IF EXISTS binlog_live.marker, binlog_live.r");
    root.sql("CREATE TABLE binlog_live.r (id INT PRIMARY KEY); INSERT INTO binlog_live.r VALUES (1)");
    binlog::DumpStart from;
    if (server().mariadb()) {
        from = *binlog::MariadbGtidPosition::parse(*root.sql("SELECT @@gtid_binlog_pos").at(0, 0));
    } else {
        root.sql(
            "SET gtid_next = 'AUTOMATIC:tagged'; INSERT INTO binlog_live.r VALUES (2); SET gtid_next = 'AUTOMATIC'");
        from = *binlog::MysqlGtidSet::parse(*root.sql("SELECT @@gtid_executed").at(0, 0));
    }
    root.sql("INSERT INTO binlog_live.r VALUES (3); FLUSH BINARY LOGS; INSERT INTO binlog_live.r VALUES (4)");
    write_marker(root);
    Recorder recorder;
    live::record(server(), from, "binlog_live.marker", recorder);
    ASSERT_EQ(recorder.rows.size(), 3U);
    EXPECT_EQ(recorder.rows[0].after[1], "3");
    EXPECT_EQ(recorder.rows[1].after[1], "4");
    EXPECT_GE(recorder.rotations, 2);
}

TEST_P(BinlogLive, unpacks_compressed_groups) {
    live::Root root(server());
    root.sql("CREATE DATABASE IF NOT EXISTS binlog_live; DROP TABLE IF EXISTS binlog_live.marker, binlog_live.z");
    root.sql("CREATE TABLE binlog_live.z (id INT PRIMARY KEY, t TEXT)");
    const auto file = fresh_file(root);
    root.sql(server().mariadb() ? "SET GLOBAL log_bin_compress = 1, log_bin_compress_min_len = 10"
                                : "SET SESSION binlog_transaction_compression = ON");
    {
        live::Root writer(server());
        if (!server().mariadb()) writer.sql("SET SESSION binlog_transaction_compression = ON");
        writer.sql("INSERT INTO binlog_live.z VALUES (1, REPEAT('x', 5000)), (2, REPEAT('y', 5000))");
        writer.sql("UPDATE binlog_live.z SET t = REPEAT('z', 6000) WHERE id = 2");
        writer.sql("DELETE FROM binlog_live.z WHERE id = 1");
        writer.sql("SET SESSION binlog_format = STATEMENT; UPDATE binlog_live.z SET t = '" + std::string(2000, 'w') +
                   "'");
    }
    if (server().mariadb()) root.sql("SET GLOBAL log_bin_compress = 0");
    if (!server().mariadb()) root.sql("SET SESSION binlog_transaction_compression = OFF");
    write_marker(root);
    Recorder recorder;
    live::record(server(), binlog::BinlogPosition{file, 4}, "binlog_live.marker", recorder);
    expect_same_as_tool(root, file, recorder);
    EXPECT_EQ(recorder.payloads >= 3, !server().mariadb()) << recorder.payloads;
    const auto text = "t = '" + std::string(2000, 'w');
    EXPECT_TRUE(std::any_of(recorder.queries.begin(), recorder.queries.end(),
                            [&](const std::string& query) { return query.find(text) != std::string::npos; }));
}

TEST_P(BinlogLive, tells_partial_json_updates) {
    if (server().mariadb()) return;  // it has none
    live::Root root(server());
    root.sql("CREATE DATABASE IF NOT EXISTS binlog_live; DROP TABLE IF EXISTS binlog_live.marker, binlog_live.p");
    root.sql("CREATE TABLE binlog_live.p (id INT PRIMARY KEY, a JSON, b JSON, n INT)");
    root.sql("INSERT INTO binlog_live.p VALUES (1, '{\"k\": \"a long value\", \"l\": \"another\"}', '{\"m\": 1}', 5)");
    const auto file = fresh_file(root);
    root.sql("SET SESSION binlog_row_value_options = PARTIAL_JSON");
    root.sql("UPDATE binlog_live.p SET a = JSON_SET(a, '$.k', 'b'), n = 6");
    root.sql("UPDATE binlog_live.p SET b = JSON_SET(b, '$.m', 2), n = 7");
    root.sql("UPDATE binlog_live.p SET a = '[1]', n = 8");
    root.sql("SET SESSION binlog_row_value_options = ''");
    write_marker(root);
    Recorder recorder;
    live::record(server(), binlog::BinlogPosition{file, 4}, "binlog_live.marker", recorder);
    ASSERT_EQ(recorder.rows.size(), 4U);
    EXPECT_GE(recorder.partial_values, 2);
    EXPECT_EQ(recorder.rows[0].after[4], "6");
    EXPECT_EQ(recorder.rows[1].after[4], "7");
    EXPECT_EQ(recorder.rows[2].after[4], "8");
}

INSTANTIATE_TEST_SUITE_P(Servers, BinlogLive, ::testing::Values(&live::mariadb, &live::mysql),
                         [](const auto& which) { return which.index == 0 ? "mariadb" : "mysql"; });

}  // namespace
}  // namespace sabil::mysql
