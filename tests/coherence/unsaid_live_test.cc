// What a binlog does not say, or says in another way: partial images and documents, compression, statements, partitions,
// files, definitions, accounts, transactions of any size.
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/coherence/engine_fixture.h"

namespace sabil::coherence_test {
namespace {

class Unsaid : public EngineLive {
  protected:
    bool is_mysql() const { return engine_->dialect() == invalidation::sql::Dialect::mysql; }
    void expect_no_epoch() {
        EXPECT_TRUE(engine_->status().epochs_by_reason.empty()) << engine_->status().epoch_reason;
    }
    // Text of the processes' own: kB.
    static long resident_kilobytes() {
        std::ifstream statm("/proc/self/statm");
        long total = 0;
        long resident = 0;
        statm >> total >> resident;
        return resident * sysconf(_SC_PAGESIZE) / 1024;
    }
};

TEST_P(Unsaid, DocumentsInPart) {
    change("CREATE TABLE docs (id INT PRIMARY KEY, grp INT, doc JSON, body TEXT)");
    run(R"(INSERT INTO docs VALUES (1, 1, '{"a": 1, "b": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}', 'one'),
                                   (2, 2, '{"a": 2, "b": "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"}', 'two'))");
    settle();
    run("SET SESSION binlog_row_image = 'NOBLOB'");
    if (is_mysql()) run("SET SESSION binlog_row_value_options = 'PARTIAL_JSON'");
    auto one = keep("SELECT doc FROM docs WHERE id = 1");
    auto two = keep("SELECT doc FROM docs WHERE id = 2");
    auto group = keep("SELECT body FROM docs WHERE grp = 1");
    auto text = keep("SELECT id FROM docs WHERE body = 'two'");
    change("UPDATE docs SET doc = JSON_SET(doc, '$.a', 7) WHERE id = 1");
    EXPECT_FALSE(serves(one));
    EXPECT_TRUE(serves(two));
    EXPECT_FALSE(serves(group));
    change("UPDATE docs SET body = 'three' WHERE id = 2");
    EXPECT_FALSE(serves(two));
    EXPECT_FALSE(serves(text)) << "the images may leave the text out";
    expect_no_epoch();
}

TEST_P(Unsaid, CompressedTransactions) {
    run(is_mysql() ? "SET SESSION binlog_transaction_compression = ON" : "SET GLOBAL log_bin_compress = ON");
    if (!is_mysql()) run("SET GLOBAL log_bin_compress_min_len = 10");
    auto one = keep("SELECT v FROM a WHERE id = 1");
    auto two = keep("SELECT v FROM a WHERE id = 2");
    change("UPDATE a SET name = REPEAT('long ', 10), v = 40 WHERE id = 1");
    EXPECT_FALSE(serves(one));
    EXPECT_TRUE(serves(two));
    if (!is_mysql()) run("SET GLOBAL log_bin_compress = OFF");
    expect_no_epoch();
}

TEST_P(Unsaid, MixedFormatIsAsTheServerChooses) {
    run("SET SESSION binlog_format = 'MIXED'");
    auto a = keep("SELECT v FROM a WHERE id = 1");
    change("UPDATE a SET v = 5 WHERE id = 1");
    EXPECT_FALSE(serves(a)) << "as a statement";
    a = keep("SELECT v FROM a WHERE id = 1");
    change("UPDATE a SET v = LENGTH(UUID()) WHERE id = 1");
    EXPECT_FALSE(serves(a)) << "as rows";
    expect_no_epoch();
}

TEST_P(Unsaid, PartitionsComeAndGo) {
    change("CREATE TABLE parts (id INT PRIMARY KEY, v INT) PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (100), "
           "PARTITION p1 VALUES LESS THAN (200))");
    change("CREATE TABLE spare (id INT PRIMARY KEY, v INT)");
    change("INSERT INTO parts VALUES (1, 1), (101, 1)");
    for (const char* text : {"ALTER TABLE parts TRUNCATE PARTITION p0", "ALTER TABLE parts EXCHANGE PARTITION p0 WITH TABLE spare",
                             "ALTER TABLE parts ADD PARTITION (PARTITION p2 VALUES LESS THAN (300))",
                             "ALTER TABLE parts DROP PARTITION p1"}) {
        auto count = keep("SELECT COUNT(*) FROM parts");
        auto row = keep("SELECT v FROM parts WHERE id = 101");
        change(text);
        EXPECT_FALSE(serves(count)) << text;
        EXPECT_FALSE(serves(row)) << text;
    }
    auto row = keep("SELECT v FROM parts WHERE id = 1");
    change("INSERT INTO parts VALUES (1, 5)");
    EXPECT_FALSE(serves(row));
    expect_no_epoch();
}

TEST_P(Unsaid, FilesAreLoadedAsRows) {
    auto path = "/tmp/sabil-load-" + std::to_string(getpid()) + ".txt";
    std::ofstream(path) << "500\t1\tfile\t1\n501\t2\tfile\t1\n";
    chmod(path.c_str(), 0644);
    auto group = keep("SELECT COUNT(*) FROM a WHERE grp = 1");
    auto other = keep("SELECT COUNT(*) FROM a WHERE grp = 77");
    change("LOAD DATA INFILE '" + path + "' INTO TABLE a");
    EXPECT_FALSE(serves(group));
    EXPECT_TRUE(serves(other));
    unlink(path.c_str());
    expect_no_epoch();
}

TEST_P(Unsaid, TriggersReachTheirTables) {
    change("CREATE TRIGGER follow AFTER UPDATE ON a FOR EACH ROW UPDATE d SET v = v + 1 WHERE id = 1");
    auto d = keep("SELECT v FROM d WHERE id = 1");
    run("UPDATE a SET v = 99 WHERE id = 1");
    EXPECT_TRUE(await([&] { return !serves(d); }));
    change("DROP TRIGGER follow");
    expect_no_epoch();
}

TEST_P(Unsaid, ViewsAreTheirTables) {
    run("GRANT SHOW VIEW ON *.* TO 'sabil'@'%'");
    settle();
    start_engine();
    auto view = keep("SELECT v FROM recent");
    auto other = keep("SELECT v FROM b WHERE id = 1");
    change("UPDATE a SET v = 12 WHERE id = 2");
    EXPECT_FALSE(serves(view));
    EXPECT_TRUE(serves(other));
    view = keep("SELECT v FROM recent");
    change("CREATE OR REPLACE VIEW recent AS SELECT id, v FROM d");
    EXPECT_FALSE(serves(view));
    EXPECT_TRUE(await([&] { return serves(keep("SELECT v FROM recent")); }));
    change("DROP VIEW recent");
}

TEST_P(Unsaid, DefinitionsOfEachKind) {
    for (const char* text :
         {"ALTER TABLE a MODIFY v BIGINT", "ALTER TABLE a MODIFY v BIGINT FIRST", "ALTER TABLE a CHANGE v w BIGINT",
          "ALTER TABLE a CHANGE w v INT", "CREATE INDEX by_v ON a (v)", "DROP INDEX by_v ON a",
          "ALTER TABLE a CONVERT TO CHARACTER SET latin1", "ALTER TABLE a RENAME COLUMN grp TO team",
          "ALTER TABLE a RENAME COLUMN team TO grp", "OPTIMIZE TABLE a", "ALTER TABLE a ADD COLUMN first_one INT FIRST"}) {
        auto kept = keep("SELECT v FROM d WHERE id = 1");
        change(text);
        auto row = keep("SELECT name FROM a WHERE id = 3");
        change("UPDATE a SET name = CONCAT(name, 'x') WHERE id = 3");
        EXPECT_FALSE(serves(row)) << text << ": the new layout is known";
        (void)kept;
    }
    change("CREATE DATABASE IF NOT EXISTS sabil_engine_other");
    change("CREATE TABLE sabil_engine_other.t (id INT PRIMARY KEY, v INT)");
    auto other = keep("SELECT v FROM sabil_engine_other.t");
    change("DROP DATABASE sabil_engine_other");
    EXPECT_FALSE(serves(other));
    auto d = keep("SELECT v FROM d WHERE id = 1");
    change("RENAME TABLE a TO swap_a, d TO a, swap_a TO d");
    EXPECT_FALSE(serves(d));
    change("RENAME TABLE a TO swap_a, d TO a, swap_a TO d");
    if (!is_mysql()) {
        d = keep("SELECT COUNT(*) FROM c");
        run("CREATE OR REPLACE TABLE c (id INT PRIMARY KEY)");
        EXPECT_TRUE(await([&] { return !serves(d); }));
    }
    expect_no_epoch();
}

TEST_P(Unsaid, EveryChangeOfAccountsBeginsAnEpoch) {
    run("DROP USER IF EXISTS 'reader'@'%'");
    run("DROP ROLE IF EXISTS readers");
    settle();
    for (const char* text : {"CREATE USER 'reader'@'%' IDENTIFIED BY 'secret'", "CREATE ROLE readers",
                             "GRANT SELECT ON sabil_engine.a TO readers", "GRANT readers TO 'reader'@'%'",
                             "REVOKE SELECT ON sabil_engine.a FROM readers", "DROP ROLE readers",
                             "GRANT SELECT ON *.* TO 'reader'@'%'", "REVOKE SELECT ON *.* FROM 'reader'@'%'",
                             "DROP USER 'reader'@'%'"}) {
        auto kept = keep("SELECT v FROM d WHERE id = 1");
        auto epoch = engine_->status().epoch;
        run(text);
        EXPECT_TRUE(await([&] { return engine_->status().epoch > epoch; })) << text;
        EXPECT_EQ(engine_->status().epoch_reason, "accounts") << text;
        EXPECT_FALSE(serves(kept)) << text;
    }
}

TEST_P(Unsaid, ATransactionOfAnySizeIsHeldInLittleMemory) {
    change("CREATE TABLE big (id INT PRIMARY KEY AUTO_INCREMENT, grp INT, filler LONGTEXT)");
    auto everything = keep("SELECT COUNT(*) FROM big");
    auto group = keep("SELECT COUNT(*) FROM big WHERE grp = 3");
    auto bystander = keep("SELECT v FROM a WHERE id = 1");
    auto before = resident_kilobytes();
    run("BEGIN");
    for (int i = 0; i < 60; ++i) run("INSERT INTO big (grp, filler) VALUES (4, REPEAT('x', 4000000))");
    run("COMMIT");
    settle();
    auto after = resident_kilobytes();
    EXPECT_LT(after - before, 96 * 1024) << "240 MB went by";
    EXPECT_FALSE(serves(everything));
    EXPECT_TRUE(await([&] { return serves(group); })) << "no row of it";  // once the tailer is within max_staleness
    EXPECT_TRUE(serves(bystander));
    run("INSERT INTO big (grp) VALUES (5)");
    for (int i = 0; i < 17; ++i) run("INSERT INTO big (grp) SELECT id FROM big WHERE filler IS NULL");
    settle();
    group = keep("SELECT COUNT(*) FROM big WHERE grp = -1");
    change("UPDATE big SET grp = id WHERE filler IS NULL");
    EXPECT_FALSE(serves(group)) << "with so many rows the table is taken";
    EXPECT_TRUE(serves(bystander));
    expect_no_epoch();
}

INSTANTIATE_TEST_SUITE_P(Servers, Unsaid, testing::Values("SABIL_TEST_MARIADB", "SABIL_TEST_MYSQL"),
                         [](const auto& parameter) { return std::string(parameter.param).substr(11); });

}  // namespace
}  // namespace sabil::coherence_test
