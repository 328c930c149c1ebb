// Groups as both servers write them, told to the tailer event by event.
#include "invalidation/tailer/tailer.h"

#include <gtest/gtest.h>

#include <array>

#include "cache/base/hash.h"
#include "invalidation/canonical.h"

namespace sabil::invalidation {
namespace {

using mysql::ColumnType;
using mysql::binlog::BinlogHandler;
using mysql::binlog::BinlogPosition;
using mysql::binlog::ColumnBits;
using mysql::binlog::EventHeader;
using mysql::binlog::EventType;
using mysql::binlog::MariadbGtidEvent;
using mysql::binlog::MysqlGtid;
using mysql::binlog::MysqlGtidEvent;
using mysql::binlog::MysqlGtidSet;
using mysql::binlog::QueryEvent;
using mysql::binlog::RowChange;
using mysql::binlog::RowsEvent;
using mysql::binlog::TableMap;

constexpr const char* uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";

struct Watcher final : Tailer::Observer {
    void on_group_applied(Sequence n, std::uint32_t) override { applied.push_back(n); }
    void on_epoch(std::string_view reason) override { epochs.emplace_back(reason); }
    void on_stream() override { ++streams; }
    std::vector<Sequence> applied;
    std::vector<std::string> epochs;
    int streams = 0;
};

std::string le32(int v) {
    std::string out;
    for (int i = 0; i < 4; ++i) out.push_back(static_cast<char>(static_cast<unsigned>(v) >> (8 * i)));
    return out;
}

class TailerTest : public testing::Test {
  protected:
    TailerTest() {
        tailer_.set_server(sql::Dialect::mariadb, 101100);
        tailer_.starting_at({"bin.000001", 4});
        executed_.reset(BinlogPosition{"bin.000001", 4}, {}, SteadyTime{});
        articles_.number = 7;
        articles_.schema = "news";
        articles_.table = "articles";
        articles_.columns.resize(2);
        for (auto& column : articles_.columns) column.type = ColumnType::long_int;
        accept();
    }

    void accept() {
        SchemaDefinition news;
        news.name = "news";
        auto add = [&](const char* name, std::vector<const char*> columns) {
            TableDefinition table;
            table.schema = "news";
            table.name = name;
            for (const auto* column : columns) {
                Column one;
                one.name = column;
                one.type = "int";
                one.value_class = ValueClass::integer;
                table.columns.push_back(one);
            }
            news.tables[name] = std::make_shared<const TableDefinition>(std::move(table));
        };
        add("articles", {"id", "author"});
        add("comments", {"id", "article"});
        news.foreign_keys.push_back({"fk", {"news", "comments"}, {"news", "articles"}, {"id"}, true, true});
        ASSERT_TRUE(catalog_.accept(std::move(news), ledger_.started()));
    }

    EventHeader header() {
        EventHeader h;
        h.type = EventType::query;
        h.timestamp = 1700000000;
        h.event_bytes = 100;
        position_ += 100;
        h.end_position = position_;
        return h;
    }
    BinlogHandler& events() { return tailer_; }

    void gtid(bool standalone = false) {
        MariadbGtidEvent event;
        event.gtid = {0, 1, ++sequence_};
        event.standalone = standalone;
        events().on_mariadb_gtid(header(), event);
    }
    void query(std::string_view text, std::string_view schema = "news") {
        QueryEvent event;
        event.text = text;
        event.schema = schema;
        events().on_query(header(), event);
    }
    void xid() { events().on_xid(header(), {}); }

    // Rows of two INT columns, (id, author) pairs in order of the images.
    void rows(RowChange change, std::vector<std::array<int, 2>> images) {
        events().on_table_map(header(), articles_);
        std::string bytes;
        for (const auto& image : images) bytes += std::string(1, '\0') + le32(image[0]) + le32(image[1]);
        RowsEvent event;
        event.change = change;
        event.statement_end = true;
        event.table_number = articles_.number;
        event.table = &articles_;
        const std::string_view all("\x03", 1);
        if (change != RowChange::insert) event.before = ColumnBits(all, 2);
        if (change != RowChange::remove) event.after = ColumnBits(all, 2);
        event.rows = bytes;
        events().on_rows(header(), event);
    }

    Signature signature(std::vector<std::uint16_t> columns) {
        return ledger_.register_signature("news", "articles", std::move(columns)).value();
    }
    Dependency row(const Signature& s, int value) {
        Column column;
        column.value_class = ValueClass::integer;
        auto hash = hash_literal(column, {sql::Literal::Type::integer, std::to_string(value)}).value();
        return ledger_.row("news", "articles", s, hash_combine(value_hash_seed, hash));
    }
    Sequence stamp(Dependency d) {
        d.signature = 0;
        return ledger_.latest(std::array{d});
    }
    Sequence table_stamp(const char* name) { return stamp(ledger_.table("news", name)); }

    Ledger ledger_{1 << 16};
    Catalog catalog_;
    Executed executed_;
    Watcher watcher_;
    Tailer tailer_{ledger_, catalog_, executed_, watcher_};
    TableMap articles_;
    std::uint32_t position_ = 4;
    std::uint64_t sequence_ = 0;
};

TEST_F(TailerTest, NothingIsStampedBeforeTheGroupEnds) {
    gtid();
    rows(RowChange::insert, {{1, 10}});
    EXPECT_EQ(table_stamp("articles"), 0U);
    EXPECT_EQ(ledger_.applied(), 0U);
    xid();
    EXPECT_EQ(table_stamp("articles"), 1U);
    EXPECT_EQ(ledger_.applied(), 1U);
    EXPECT_EQ(ledger_.floor().n, 0U) << "only a probe can tell that it is visible";
    executed_.probed(BinlogPosition{"bin.000001", position_}, SteadyTime{});
    EXPECT_EQ(executed_.watermark(), 1U);
    EXPECT_TRUE(executed_.contains("0-1-1"));
}

TEST_F(TailerTest, AFileBegunByTheServersStartIsANewEpoch) {
    auto enter = [&](std::string_view file, std::uint32_t created) {
        events().on_rotate(header(), {4, file});
        mysql::binlog::FormatDescription format;
        format.created = created;
        events().on_format_description(header(), format);
    };
    tailer_.starting_at({"bin.000001", 4});
    enter("bin.000001", 1700000000);
    EXPECT_TRUE(watcher_.epochs.empty()) << "the file that the dump begins with";
    enter("bin.000002", 0);
    EXPECT_TRUE(watcher_.epochs.empty()) << "the one before was full";
    enter("bin.000003", 1700000001);
    EXPECT_EQ(watcher_.epochs, std::vector<std::string>{"server_restart"});
    tailer_.starting_at({"bin.000003", 900});
    enter("bin.000003", 1700000001);
    EXPECT_EQ(watcher_.epochs.size(), 1U) << "read anew";
    enter("bin.000001", 1700000002);
    EXPECT_EQ(watcher_.epochs.back(), "reset");
}

// As MariaDB 11.8 sends it: the format at the dump's start and what is inside of a group end nowhere.
TEST_F(TailerTest, EventsWithoutAnEndAreCountedWithinTheirGroupOnly) {
    tailer_.starting_at({"bin.000001", 1635});
    auto nowhere = [] {
        EventHeader h;
        h.event_bytes = 252;
        return h;
    };
    events().on_rotate(nowhere(), {1635, "bin.000001"});
    events().on_format_description(nowhere(), {});
    EXPECT_EQ(tailer_.position(), (BinlogPosition{"bin.000001", 1635}));
    position_ = 1635;
    gtid();
    events().on_statement_context(nowhere());
    EXPECT_EQ(tailer_.position().offset, 1735U + 252U);
    position_ = 2000;
    xid();
    EXPECT_EQ(tailer_.position().offset, 2100U);
}

TEST_F(TailerTest, BothImagesStampTheirRowsAndNoOthers) {
    auto by_id = signature({0});
    auto by_author = signature({1});
    gtid();
    rows(RowChange::update, {{1, 10}, {1, 20}});
    xid();
    EXPECT_EQ(stamp(row(by_id, 1)), 1U);
    EXPECT_EQ(stamp(row(by_id, 2)), 0U);
    EXPECT_EQ(stamp(row(by_author, 10)), 1U);
    EXPECT_EQ(stamp(row(by_author, 20)), 1U);
    EXPECT_EQ(stamp(row(by_author, 30)), 0U);
    EXPECT_EQ(stamp(ledger_.all_rows("news", "articles")), 0U);
}

TEST_F(TailerTest, ADeletedParentStampsItsChildrenAndAnUpdateOnlyThroughTheKey) {
    gtid();
    rows(RowChange::update, {{1, 10}, {1, 20}});
    xid();
    EXPECT_EQ(table_stamp("comments"), 0U) << "the key's column did not change";
    gtid();
    rows(RowChange::update, {{1, 10}, {2, 10}});
    xid();
    EXPECT_EQ(table_stamp("comments"), 2U);
    gtid();
    rows(RowChange::remove, {{1, 10}});
    xid();
    EXPECT_EQ(table_stamp("comments"), 3U);
    EXPECT_EQ(stamp(ledger_.all_rows("news", "comments")), 3U);
}

TEST_F(TailerTest, ATableThatIsMappedAndGetsNoRowsIsStamped) {
    gtid();
    TableMap comments = articles_;
    comments.number = 8;
    comments.table = "comments";
    events().on_table_map(header(), comments);
    rows(RowChange::insert, {{1, 10}});
    xid();
    EXPECT_EQ(table_stamp("comments"), 1U);
    EXPECT_EQ(stamp(ledger_.all_rows("news", "comments")), 1U);
}

TEST_F(TailerTest, AnotherLayoutTakesTheWholeTableAndDropsIt) {
    auto by_id = signature({0});
    articles_.columns[1].type = ColumnType::varchar;
    gtid();
    rows(RowChange::insert, {});
    xid();
    EXPECT_EQ(stamp(ledger_.all_rows("news", "articles")), 1U);
    EXPECT_EQ(catalog_.snapshot()->table("news", "articles"), nullptr);
    EXPECT_FALSE(ledger_.current(std::array{row(by_id, 1)}, {.n = 1000, .epoch = ledger_.epoch()}));
}

TEST_F(TailerTest, AnImageWithoutASignaturesColumnTakesAllOfTheSignature) {
    auto by_id = signature({0});
    auto by_author = signature({1});
    gtid();
    events().on_table_map(header(), articles_);
    RowsEvent event;
    event.change = RowChange::remove;
    event.statement_end = true;
    event.table_number = articles_.number;
    event.table = &articles_;
    event.before = ColumnBits(std::string_view("\x01", 1), 2);
    std::string bytes = std::string(1, '\0') + le32(5);
    event.rows = bytes;
    events().on_rows(header(), event);
    xid();
    EXPECT_EQ(stamp(ledger_.row("news", "articles", by_author, unhashable_value)), 1U);
    EXPECT_EQ(stamp(row(by_id, 5)), 1U);
    EXPECT_EQ(stamp(row(by_id, 6)), 0U);
    EXPECT_EQ(stamp(ledger_.all_rows("news", "articles")), 0U);
}

TEST_F(TailerTest, AnAfterImageLeavesOutWhatDidNotChange) {
    auto by_id = signature({0});
    gtid();
    events().on_table_map(header(), articles_);
    RowsEvent event;  // MINIMAL: the key before, the changed column after
    event.change = RowChange::update;
    event.statement_end = true;
    event.table_number = articles_.number;
    event.table = &articles_;
    event.before = ColumnBits(std::string_view("\x01", 1), 2);
    event.after = ColumnBits(std::string_view("\x02", 1), 2);
    std::string bytes = std::string(1, '\0') + le32(5) + std::string(1, '\0') + le32(77);
    event.rows = bytes;
    events().on_rows(header(), event);
    xid();
    EXPECT_EQ(stamp(row(by_id, 5)), 1U);
    EXPECT_EQ(stamp(ledger_.all_rows("news", "articles")), 0U);
}

TEST_F(TailerTest, DefinitionsEndTheirSignaturesAndAreReadAgain) {
    auto by_id = signature({0});
    gtid(true);
    query("ALTER TABLE articles ADD COLUMN x INT");
    EXPECT_EQ(ledger_.applied(), 1U) << "a standalone group ends with its statement";
    EXPECT_EQ(table_stamp("articles"), 1U);
    EXPECT_EQ(catalog_.snapshot()->table("news", "articles"), nullptr);
    EXPECT_NE(catalog_.snapshot()->table("news", "comments"), nullptr);
    EXPECT_FALSE(ledger_.current(std::array{row(by_id, 1)}, {.n = 1000, .epoch = ledger_.epoch()}));
    EXPECT_TRUE(watcher_.epochs.empty());
    accept();
    gtid(true);
    query("RENAME TABLE articles TO old, new TO articles");
    EXPECT_EQ(catalog_.snapshot()->schema("news"), nullptr) << "foreign keys may lead elsewhere now";
    EXPECT_EQ(stamp(ledger_.schema("news")), 2U);
}

TEST_F(TailerTest, TruncateTakesTheRowsAndKeepsTheDefinition) {
    gtid(true);
    query("TRUNCATE TABLE articles");
    EXPECT_EQ(stamp(ledger_.all_rows("news", "articles")), 1U);
    EXPECT_NE(catalog_.snapshot()->table("news", "articles"), nullptr);
}

TEST_F(TailerTest, AStatementInPlaceOfRowsTakesTheSchemas) {
    gtid();
    query("UPDATE articles SET author = 1");
    EXPECT_EQ(stamp(ledger_.schema("news")), 0U);
    query("COMMIT");
    EXPECT_EQ(stamp(ledger_.schema("news")), 1U);
    gtid();
    query("INSERT INTO other.t VALUES (1)", "elsewhere");
    xid();
    EXPECT_EQ(stamp(ledger_.schema("other")), 2U);
    EXPECT_EQ(stamp(ledger_.schema("elsewhere")), 2U);
    EXPECT_EQ(stamp(ledger_.schema("news")), 2U) << "MariaDB does not say where triggers write";
    gtid();
    QueryEvent event;
    event.text = "INSERT INTO other.t VALUES (1)";
    event.schema = "elsewhere";
    event.updated_schemas = {"other"};
    events().on_query(header(), event);
    xid();
    EXPECT_EQ(stamp(ledger_.schema("other")), 3U);
    EXPECT_EQ(stamp(ledger_.schema("news")), 2U) << "MySQL does";
}

TEST_F(TailerTest, WhatNoStampCanNameBeginsAnEpoch) {
    auto epoch = ledger_.epoch();
    auto floor = ledger_.floor();
    gtid(true);
    query("GRANT SELECT ON news.* TO u@localhost");
    EXPECT_EQ(ledger_.epoch(), epoch + 1);
    EXPECT_EQ(watcher_.epochs, std::vector<std::string>{"accounts"});
    EXPECT_GT(ledger_.rights(), floor.n) << "sessions older than this may have other rights";
    EXPECT_FALSE(ledger_.current({}, floor));
    EXPECT_FALSE(ledger_.current({}, ledger_.floor())) << "the group is not known to be visible";
    executed_.probed(BinlogPosition{"bin.000001", position_}, SteadyTime{});
    ledger_.advance_watermark(executed_.watermark());
    EXPECT_TRUE(ledger_.current({}, ledger_.floor()));

    gtid(true);
    query("FROBNICATE EVERYTHING");
    gtid();
    EventHeader unknown = header();
    unknown.raw_type = 99;
    unknown.type = EventType::unknown;
    events().on_unknown(unknown, "");
    xid();
    events().on_incident(header(), {});
    EXPECT_EQ(watcher_.epochs,
              (std::vector<std::string>{"accounts", "unknown_statement", "unknown_event", "incident"}));
    unknown.flags = 0x80;
    events().on_unknown(unknown, "");
    EXPECT_EQ(watcher_.epochs.size(), 4U) << "marked ignorable";
}

TEST_F(TailerTest, SavepointsTriggersAndAdministrationChangeNothing) {
    gtid();
    query("SAVEPOINT a");
    rows(RowChange::insert, {{1, 1}});
    query("ROLLBACK TO a");
    EXPECT_TRUE(tailer_.in_group());
    xid();
    for (const char* text : {"CREATE TRIGGER t BEFORE INSERT ON articles FOR EACH ROW SET @a = 1", "FLUSH TABLES",
                             "ANALYZE TABLE articles", "CREATE DEFINER=`root`@`localhost` PROCEDURE p() SELECT 1",
                             "DROP /*!40005 TEMPORARY */ TABLE IF EXISTS `articles`"}) {
        gtid(true);
        query(text);
        EXPECT_FALSE(tailer_.in_group()) << text;
    }
    EXPECT_EQ(table_stamp("articles"), 1U);
    EXPECT_TRUE(watcher_.epochs.empty());
}

TEST_F(TailerTest, PreparedRowsAreStampedWhenTheyAreCommitted) {
    auto by_id = signature({0});
    MariadbGtidEvent prepare;
    prepare.gtid = {0, 1, ++sequence_};
    prepare.prepared_xa = true;
    prepare.xid_format = 1;
    prepare.xid_gtrid = "a1";
    events().on_mariadb_gtid(header(), prepare);
    rows(RowChange::update, {{1, 10}, {1, 20}});
    query("XA END X'6131',X'',1");
    mysql::binlog::XaPrepareEvent prepared;
    prepared.format = 1;
    prepared.gtrid = "a1";
    events().on_xa_prepare(header(), prepared);
    EXPECT_EQ(ledger_.applied(), 1U);
    EXPECT_EQ(table_stamp("articles"), 0U);
    auto late = signature({1});  // its rows were not hashed

    gtid(true);
    query("XA COMMIT X'6131',X'',1");
    EXPECT_EQ(table_stamp("articles"), 2U);
    EXPECT_EQ(stamp(ledger_.all_rows("news", "articles")), 2U);
    EXPECT_GE(stamp(ledger_.all_rows("news", "articles")), ledger_.latest(std::array{row(late, 10)}));
    (void)by_id;

    gtid(true);
    query("XA COMMIT X'6131',X'',1");
    EXPECT_EQ(watcher_.epochs, std::vector<std::string>{"unknown_xa"}) << "it is not prepared any more";
    gtid(true);
    query("XA ROLLBACK X'99',X'',1");
    EXPECT_EQ(watcher_.epochs.size(), 1U);
}

TEST_F(TailerTest, AVeryLargeGroupGetsCoarserAndStaysBounded) {
    auto by_id = signature({0});
    gtid();
    for (int i = 0; i < 700; ++i) {
        std::vector<std::array<int, 2>> images;
        for (int j = 0; j < 100; ++j) images.push_back({i * 100 + j, 1});
        rows(RowChange::insert, std::move(images));
    }
    xid();
    EXPECT_EQ(stamp(ledger_.all_rows("news", "articles")), 1U);
    (void)by_id;
}

TEST_F(TailerTest, AnUnfinishedGroupIsDroppedWhereTheDumpStartsAnew) {
    gtid();
    rows(RowChange::insert, {{1, 10}});
    tailer_.starting_at({"bin.000001", 4});
    EXPECT_FALSE(tailer_.in_group());
    position_ = 4;
    gtid();
    rows(RowChange::insert, {{2, 10}});
    xid();
    EXPECT_EQ(ledger_.applied(), 2U);
    EXPECT_EQ(table_stamp("articles"), 2U);
}

TEST_F(TailerTest, AGroupThatNeverEndedBeginsAnEpoch) {
    gtid();
    rows(RowChange::insert, {{1, 10}});
    gtid();
    EXPECT_EQ(watcher_.epochs, std::vector<std::string>{"group_without_end"});
}

TEST_F(TailerTest, APurgeCountsAtOnceEvenInsideAGroup) {
    auto before = ledger_.floor();
    std::array deps{ledger_.table("news", "comments")};
    EXPECT_TRUE(ledger_.current(deps, before));
    tailer_.purge_table("news", "comments");
    EXPECT_FALSE(ledger_.current(deps, before));
    EXPECT_TRUE(ledger_.current(deps, ledger_.floor())) << "what is read now may be stored";

    gtid();
    rows(RowChange::insert, {{1, 10}});
    auto inside = ledger_.floor();
    tailer_.purge_table("news", "comments");
    EXPECT_FALSE(ledger_.current(deps, inside));
    EXPECT_EQ(ledger_.applied(), 1U) << "A must not pass a group that is not stamped";
    tailer_.begin_epoch("purge", false, Rights::kept);
    EXPECT_EQ(ledger_.applied(), 1U);
    xid();
    EXPECT_EQ(ledger_.applied(), 3U);
    EXPECT_FALSE(ledger_.current({}, ledger_.floor()));
    executed_.probed(BinlogPosition{"bin.000001", position_}, SteadyTime{});
    ledger_.advance_watermark(executed_.watermark());
    EXPECT_TRUE(ledger_.current(deps, ledger_.floor()));
}

TEST_F(TailerTest, AChangeThatIsNotLoggedStampsEverySchemaAtOnce) {
    auto before = ledger_.floor();
    auto epoch = ledger_.epoch();
    tailer_.unlogged_change(false);
    std::array schemas{ledger_.schema("news")};
    EXPECT_FALSE(ledger_.current(schemas, before));
    EXPECT_TRUE(ledger_.current(schemas, ledger_.floor()));
    EXPECT_NE(catalog_.snapshot()->schema("news"), nullptr);
    gtid();
    before = ledger_.floor();
    tailer_.unlogged_change(true);
    EXPECT_FALSE(ledger_.current(schemas, before));
    xid();
    EXPECT_EQ(catalog_.snapshot()->schema("news"), nullptr) << "its definitions are read anew";
    EXPECT_EQ(ledger_.epoch(), epoch);
}

TEST_F(TailerTest, TheEndOfAGroupIsPlacedByFileAndOffset) {
    gtid();
    xid();
    EXPECT_EQ(tailer_.position(), (BinlogPosition{"bin.000001", 204}));
    EventHeader made = header();
    made.flags = 0x20;
    events().on_rotate(made, {4, "bin.000002"});
    position_ = 4;
    gtid();
    auto zero = header();  // MariaDB 11.8: events without an end
    zero.end_position = 0;
    events().on_statement_context(zero);
    EXPECT_EQ(tailer_.position(), (BinlogPosition{"bin.000002", 204}));
    auto high = header();
    high.end_position = 0xffff'ff00U;
    events().on_statement_context(high);
    auto wrapped = header();
    wrapped.end_position = 0x100;
    events().on_statement_context(wrapped);
    EXPECT_EQ(tailer_.position().offset, (std::uint64_t{1} << 32) + 0x100);
}

class MysqlTailerTest : public TailerTest {
  protected:
    MysqlTailerTest() {
        tailer_.set_server(sql::Dialect::mysql, 90700);
        executed_.reset(MysqlGtidSet::parse(std::string(uuid) + ":1-10").value(), {}, SteadyTime{});
        number_ = 10;
    }
    void mysql_gtid() {
        MysqlGtidEvent event;
        event.gtid = MysqlGtid::parse(std::string(uuid) + ":" + std::to_string(++number_)).value();
        events().on_mysql_gtid(header(), event);
    }
    std::uint64_t number_ = 0;
};

TEST_F(MysqlTailerTest, ATransactionRunsFromBeginToXid) {
    mysql_gtid();
    query("BEGIN");
    rows(RowChange::insert, {{1, 10}});
    EXPECT_EQ(ledger_.applied(), 0U);
    xid();
    EXPECT_EQ(table_stamp("articles"), 1U);
    EXPECT_TRUE(executed_.contains(std::string(uuid) + ":11"));
    mysql_gtid();
    query("DROP TABLE `articles` /* generated by server */");
    EXPECT_EQ(ledger_.applied(), 2U);
    EXPECT_EQ(catalog_.snapshot()->table("news", "articles"), nullptr);
}

TEST_F(MysqlTailerTest, ATableCreatedFromASelectIsOneGroupWithItsRows) {
    mysql_gtid();
    query("CREATE TABLE `articles` (`id` int, `author` int) START TRANSACTION");
    EXPECT_TRUE(tailer_.in_group());
    rows(RowChange::insert, {{1, 10}});
    xid();
    EXPECT_EQ(ledger_.applied(), 1U);
    EXPECT_EQ(catalog_.snapshot()->table("news", "articles"), nullptr);
}

TEST_F(MysqlTailerTest, XaGroupsComeAsStatements) {
    mysql_gtid();
    query("XA START X'6131',X'',1");
    rows(RowChange::insert, {{1, 10}});
    query("XA END X'6131',X'',1");
    mysql::binlog::XaPrepareEvent prepared;
    prepared.format = 1;
    prepared.gtrid = "a1";
    events().on_xa_prepare(header(), prepared);
    EXPECT_EQ(table_stamp("articles"), 0U);
    mysql_gtid();
    query("XA COMMIT X'6131',X'',1");
    EXPECT_EQ(table_stamp("articles"), 2U);
    EXPECT_TRUE(watcher_.epochs.empty());
}

TEST_F(MysqlTailerTest, EventsInsideACompressedPayloadHaveNoPlace) {
    mysql_gtid();
    auto outer = header();
    events().on_payload_begin(outer, 1000);
    auto place = tailer_.position();
    auto inner = header();
    inner.end_position = 0;
    QueryEvent begin;
    begin.text = "BEGIN";
    events().on_query(inner, begin);
    events().on_xid(inner, {});
    events().on_payload_end(outer);
    EXPECT_EQ(tailer_.position(), place);
    EXPECT_EQ(ledger_.applied(), 1U);
}

}  // namespace
}  // namespace sabil::invalidation
