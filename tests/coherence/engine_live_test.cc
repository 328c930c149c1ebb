// The engine on real servers: what makes which answer stale, seen from outside. tests/support/servers.py says where the
// servers are.
#include "tests/coherence/engine_fixture.h"

namespace sabil::coherence_test {
namespace {

TEST_P(EngineLive, ARowsChangeEndsItsOwnAnswersOnly) {
    auto one = keep("SELECT v FROM a WHERE id = 1");
    auto two = keep("SELECT v FROM a WHERE id = 2");
    auto all = keep("SELECT SUM(v) FROM a");
    auto group = keep("SELECT SUM(v) FROM a WHERE grp = 2");
    auto other = keep("SELECT v FROM b WHERE id = 1");
    change("UPDATE a SET v = 10 WHERE id = 1");
    EXPECT_FALSE(serves(one));
    EXPECT_TRUE(serves(two));
    EXPECT_FALSE(serves(all));
    EXPECT_TRUE(serves(group));
    EXPECT_TRUE(serves(other));
    change("UPDATE a SET grp = 2 WHERE id = 2");
    EXPECT_FALSE(serves(group)) << "the row moved into the group";
    EXPECT_TRUE(serves(keep("SELECT v FROM a WHERE id = 1")));
}

TEST_P(EngineLive, TextsAreEqualAsTheirCollationSaysSo) {
    auto one = keep("SELECT v FROM a WHERE name = 'ONE'");
    auto two = keep("SELECT v FROM a WHERE name = 'two'");
    change("UPDATE a SET v = 9 WHERE id = 1");
    EXPECT_FALSE(serves(one));
    EXPECT_TRUE(serves(two));
    change("UPDATE a SET name = 'Tw\xc3\xb3' WHERE id = 4");
    EXPECT_FALSE(serves(two)) << "it equals 'two' in this collation";
}

TEST_P(EngineLive, CascadesReachGrandchildren) {
    auto child = keep("SELECT v FROM b WHERE id = 1");
    auto grandchild = keep("SELECT COUNT(*) FROM c");
    auto bystander = keep("SELECT v FROM d WHERE id = 999");
    change("UPDATE a SET v = 5 WHERE id = 1");
    change("DELETE FROM a WHERE id = 1");
    EXPECT_FALSE(serves(child));
    EXPECT_FALSE(serves(grandchild));
    EXPECT_TRUE(serves(bystander));
}

TEST_P(EngineLive, ARolledBackTransactionChangesNothing) {
    auto one = keep("SELECT v FROM a WHERE id = 1");
    run("BEGIN");
    run("UPDATE a SET v = 77 WHERE id = 1");
    run("ROLLBACK");
    settle();
    EXPECT_TRUE(serves(one));
    run("BEGIN");
    run("UPDATE a SET v = 78 WHERE id = 1");
    run("COMMIT");
    settle();
    EXPECT_FALSE(serves(one));
}

TEST_P(EngineLive, DefinitionsEndWhatDependsOnThem) {
    auto a = keep("SELECT v FROM a WHERE id = 3");
    auto b = keep("SELECT v FROM b WHERE id = 1");
    change("ALTER TABLE a ADD COLUMN extra INT DEFAULT 5");
    EXPECT_FALSE(serves(a));
    EXPECT_TRUE(serves(b));
    auto renewed = keep("SELECT extra FROM a WHERE id = 3");
    change("UPDATE a SET extra = 6 WHERE id = 3");
    EXPECT_FALSE(serves(renewed)) << "the new layout is known";
    auto again = keep("SELECT extra FROM a WHERE id = 3");
    change("TRUNCATE TABLE c");
    EXPECT_TRUE(serves(again));
    change("RENAME TABLE d TO e, e TO d");
    EXPECT_FALSE(serves(again)) << "a rename ends the schema";
    EXPECT_TRUE(serves(keep("SELECT extra FROM a WHERE id = 3")));
    change("CREATE TABLE fresh (id INT PRIMARY KEY, v INT)");
    auto fresh = keep("SELECT v FROM fresh WHERE id = 1");
    change("INSERT INTO fresh VALUES (1, 1)");
    EXPECT_FALSE(serves(fresh));
    change("CREATE TABLE copied AS SELECT id, v FROM a");
    auto copied = keep("SELECT COUNT(*) FROM copied");
    change("INSERT INTO copied VALUES (99, 99)");
    EXPECT_FALSE(serves(copied));
    EXPECT_TRUE(engine_->status().epochs_by_reason.empty()) << engine_->status().epoch_reason;
}

TEST_P(EngineLive, PartialImagesAreUnderstood) {
    auto by_key = keep("SELECT v FROM a WHERE id = 1");
    auto other_key = keep("SELECT v FROM a WHERE id = 2");
    auto by_group = keep("SELECT SUM(v) FROM a WHERE grp = 2");
    run("SET SESSION binlog_row_image = 'MINIMAL'");
    change("UPDATE a SET v = 50 WHERE id = 1");
    EXPECT_FALSE(serves(by_key));
    EXPECT_TRUE(serves(other_key));
    EXPECT_FALSE(serves(by_group)) << "the images do not say which group";
}

TEST_P(EngineLive, PreparedTransactionsCountWhenCommitted) {
    auto one = keep("SELECT v FROM a WHERE id = 1");
    auto two = keep("SELECT v FROM a WHERE id = 2");
    run("XA START 'x1'");
    run("UPDATE a SET v = 60 WHERE id = 1");
    run("XA END 'x1'");
    run("XA PREPARE 'x1'");
    BlockingConnection other;
    ASSERT_TRUE(other.connect(options_of(GetParam(), "root", "")));
    ASSERT_TRUE(other.query("INSERT INTO sabil_engine.d VALUES (1000, 1)"));
    ASSERT_TRUE(await([&] { return engine_->status().groups > 1; }));
    std::this_thread::sleep_for(milliseconds(50));
    EXPECT_TRUE(serves(one));
    run("XA COMMIT 'x1'");
    settle();
    EXPECT_FALSE(serves(one));
    EXPECT_FALSE(serves(two)) << "which rows, is not known any more";
    EXPECT_TRUE(engine_->status().epochs_by_reason.empty()) << engine_->status().epoch_reason;
}

TEST_P(EngineLive, StatementsInPlaceOfRowsEndTheirSchema) {
    auto a = keep("SELECT v FROM a WHERE id = 2");
    auto b = keep("SELECT v FROM b WHERE id = 2");
    run("SET SESSION binlog_format = 'STATEMENT'");
    run("UPDATE a SET v = v + 1 WHERE id = 1");
    run("SET SESSION binlog_format = 'ROW'");
    settle();
    EXPECT_FALSE(serves(a));
    EXPECT_FALSE(serves(b));
    EXPECT_TRUE(serves(keep("SELECT v FROM a WHERE id = 2")));
}

TEST_P(EngineLive, AccountChangesBeginAnEpoch) {
    auto one = keep("SELECT v FROM a WHERE id = 1");
    auto epoch = engine_->status().epoch;
    run("CREATE USER IF NOT EXISTS 'sabil_nobody'@'localhost'");
    change("DROP USER 'sabil_nobody'@'localhost'");
    EXPECT_GT(engine_->status().epoch, epoch);
    EXPECT_EQ(engine_->status().epoch_reason, "accounts");
    EXPECT_FALSE(serves(one));
    EXPECT_TRUE(serves(keep("SELECT v FROM a WHERE id = 1")));
}

TEST_P(EngineLive, WhatCannotBeCachedSaysWhy) {
    invalidation::sql::ParseMode mode;
    mode.dialect = engine_->dialect();
    auto reason = [&](const std::string& text) {
        auto statement = invalidation::sql::analyze(text, mode);
        std::string out;
        await([&] {
            auto found = engine_->dependencies(statement, "sabil_engine", {});
            out = found.dependencies ? "" : found.reason;
            return out != "schema_loading";
        });
        return out;
    };
    EXPECT_EQ(reason("SELECT v FROM recent"), "view") << "its definition is not shown to this account";
    EXPECT_EQ(reason("SELECT 1 FROM nowhere"), "unknown_table");
    EXPECT_EQ(reason("SELECT v FROM a"), "");
}

TEST_P(EngineLive, AWriteIsAppliedSoonAndAPurgeAtOnce) {
    run("UPDATE a SET v = 3 WHERE id = 1");
    std::promise<bool> applied;
    engine_->async_applied(last_gtid(), milliseconds(5000), [&](bool yes) { applied.set_value(yes); });
    EXPECT_TRUE(applied.get_future().get());
    std::promise<bool> never;
    engine_->async_applied(engine_->dialect() == invalidation::sql::Dialect::mysql
                               ? "3e11fa47-71ca-11e1-9e33-c80aa9429562:5"
                               : "9-9-99999",
                           milliseconds(50), [&](bool yes) { never.set_value(yes); });
    EXPECT_FALSE(never.get_future().get());

    auto one = keep("SELECT v FROM a WHERE id = 1");
    auto b = keep("SELECT v FROM b WHERE id = 1");
    engine_->purge_table("sabil_engine", "a");
    EXPECT_TRUE(await([&] { return !serves(one); }));
    EXPECT_TRUE(serves(b));
    EXPECT_TRUE(serves(keep("SELECT v FROM a WHERE id = 1"))) << "read after the purge";
    engine_->purge_all();
    EXPECT_TRUE(await([&] { return !serves(b); }));
    EXPECT_TRUE(serves(keep("SELECT v FROM b WHERE id = 1")));
}

TEST_P(EngineLive, TheServerIsNamed) {
    auto answer = run(engine_->identity_query());
    EXPECT_EQ(std::string(answer.at(0, 0).value_or("")), engine_->identity());
    EXPECT_FALSE(engine_->identity().empty());
    EXPECT_TRUE(await([&, now = std::chrono::steady_clock::now()] { return engine_->confirmed_since(now); }));
    auto status = engine_->status();
    EXPECT_TRUE(status.connected);
    EXPECT_LT(status.horizon_seconds, 1.0);
    EXPECT_EQ(status.why, "");
}

TEST_P(EngineLive, AnAccountWithoutTheGrantGetsTheSentenceThatFixesIt) {
    run("DROP USER IF EXISTS 'sabil_reader'@'%'");
    run("CREATE USER 'sabil_reader'@'%' IDENTIFIED BY 'secret'");
    run("GRANT SELECT ON *.* TO 'sabil_reader'@'%'");
    auto account = options_of(GetParam(), "sabil_reader", "secret");
    mysql::PoolOptions pool_options;
    pool_options.connect = account;
    mysql::Pool pool(pool_options);
    proxy::coherence::Options options;
    options.connect = account;
    options.pool = &pool;
    {
        CoherenceEngine engine(options);
        auto started = engine.start();
        EXPECT_TRUE(started) << started.error().message;
        EXPECT_EQ(engine.mode(), CoherenceMode::in_path);
        EXPECT_NE(engine.status().why.find("GRANT REPLICATION SLAVE"), std::string::npos) << engine.status().why;
    }
    options.wish = proxy::coherence::Wish::coherent;
    CoherenceEngine strict(options);
    auto refused = strict.start();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::unsupported);
    EXPECT_NE(refused.error().message.find("TO 'sabil_reader'@'%'"), std::string::npos) << refused.error().message;
}

TEST_P(EngineLive, WritesInThePathEndTheirTablesWhereThereIsNoBinlog) {
    proxy::coherence::Options options;
    options.connect = options_of(GetParam(), "sabil", "secret");
    options.wish = proxy::coherence::Wish::in_path;
    mysql::PoolOptions pool_options;
    pool_options.connect = options.connect;
    mysql::Pool pool(pool_options);
    options.pool = &pool;
    engine_ = std::make_unique<CoherenceEngine>(options);
    ASSERT_TRUE(engine_->start());
    ASSERT_EQ(engine_->mode(), CoherenceMode::in_path);
    auto a = keep("SELECT v FROM a WHERE id = 1");
    auto b = keep("SELECT v FROM b WHERE id = 1");
    auto d = keep("SELECT v FROM d");
    invalidation::sql::ParseMode mode;
    mode.dialect = engine_->dialect();
    auto write = invalidation::sql::analyze("UPDATE a SET v = 1 WHERE id = 1", mode);
    engine_->write_begin(write, "sabil_engine");
    EXPECT_FALSE(serves(a)) << "from the moment it is sent";
    EXPECT_TRUE(serves(d));
    engine_->write_end(write, "sabil_engine");
    EXPECT_FALSE(serves(a));
    EXPECT_FALSE(serves(b)) << "a child by a foreign key";
    EXPECT_TRUE(serves(d));
    EXPECT_TRUE(serves(keep("SELECT v FROM a WHERE id = 1")));
}

TEST_P(EngineLive, TablesAreKnownOnceItHasStartedAndSoonAfterEachChange) {
    invalidation::sql::ParseMode mode;
    mode.dialect = engine_->dialect();
    auto known = [&](const std::string& text) {
        return engine_->dependencies(invalidation::sql::analyze(text, mode), "sabil_engine", {}).reason;
    };
    EXPECT_EQ(known("SELECT v FROM a WHERE id = 1"), "");
    change("ALTER TABLE a ADD COLUMN later INT");
    auto begun = std::chrono::steady_clock::now();
    EXPECT_TRUE(await([&] { return known("SELECT later FROM a WHERE id = 1").empty(); }));
    EXPECT_LT(std::chrono::steady_clock::now() - begun, milliseconds(2000));
    EXPECT_GT(engine_->status().definition_changes, 0U);
}

TEST_P(EngineLive, RangesAndPrefixesEndWithTheirRows) {
    auto low = keep("SELECT SUM(v) FROM a WHERE id BETWEEN 1 AND 2");
    auto high = keep("SELECT COUNT(*) FROM a WHERE id > 3");
    auto prefix = keep("SELECT id FROM a WHERE name LIKE 'T%' ORDER BY id LIMIT 5");
    auto join = keep("SELECT b.v FROM a JOIN b ON b.a_id = a.id WHERE a.id = 2");
    change("UPDATE a SET v = 11 WHERE id = 1");
    EXPECT_FALSE(serves(low));
    EXPECT_TRUE(serves(high));
    EXPECT_TRUE(serves(prefix));
    EXPECT_TRUE(serves(join)) << "the constant reaches both tables";
    change("INSERT INTO a VALUES (100, 9, 'hundred', 0)");
    EXPECT_FALSE(serves(high));
    EXPECT_TRUE(serves(prefix));
    change("UPDATE a SET name = 'tail' WHERE id = 100");
    EXPECT_FALSE(serves(prefix));
    EXPECT_TRUE(serves(join));
    change("UPDATE b SET v = 7 WHERE a_id = 2");
    EXPECT_FALSE(serves(join));
}

TEST_P(EngineLive, AWatchRunsOnceItsRowsHaveChanged) {
    auto one = keep("SELECT v FROM a WHERE id = 1");
    std::atomic<int> runs{0};
    ASSERT_TRUE(engine_->watch(one.dependencies, one.floor, [&] { ++runs; }));
    change("UPDATE a SET v = 21 WHERE id = 2");
    EXPECT_EQ(runs, 0);
    change("UPDATE a SET v = 21 WHERE id = 1");
    EXPECT_EQ(runs, 1);
    auto two = keep("SELECT v FROM a WHERE id = 2");
    ASSERT_TRUE(engine_->watch(two.dependencies, two.floor, [&] { ++runs; }));
    engine_->purge_all();
    EXPECT_TRUE(await([&] { return runs == 2; }));
}

TEST_P(EngineLive, WhatWasCommittedBeforeAMomentIsSoonWithinA) {
    run("UPDATE a SET v = 31 WHERE id = 1");
    auto now = std::chrono::steady_clock::now();
    EXPECT_TRUE(await([&] { return engine_->fresh_since(now); }, milliseconds(1000)));
    EXPECT_FALSE(engine_->fresh_since(std::chrono::steady_clock::now() + std::chrono::hours(1)));
}

TEST_P(EngineLive, ARotatedLogAtRestKeepsAnswersFresh) {
    auto one = keep("SELECT v FROM a WHERE id = 1");
    run("FLUSH BINARY LOGS");
    auto now = std::chrono::steady_clock::now();
    EXPECT_TRUE(await([&] { return engine_->fresh_since(now); }, milliseconds(2000)));
    EXPECT_TRUE(serves(one));
    EXPECT_TRUE(engine_->status().epochs_by_reason.empty());
}

TEST_P(EngineLive, ARestartGoesOnWhereItStood) {
    auto changed = keep("SELECT v FROM a WHERE id = 1");
    auto kept = keep("SELECT v FROM a WHERE id = 2");
    auto range = keep("SELECT COUNT(*) FROM a WHERE id > 1000");
    auto point = engine_->save_point();
    ASSERT_FALSE(point.bytes.empty());
    auto epoch = engine_->status().epoch;
    for (const auto* one : {&changed, &kept, &range}) EXPECT_TRUE(point.covers(one->dependencies, one->floor));
    engine_.reset();
    run("UPDATE d SET v = 50 WHERE id = 1");
    start_engine(point.bytes);
    ASSERT_TRUE(engine_->resumed());
    EXPECT_EQ(engine_->status().epoch, epoch);
    EXPECT_TRUE(await([&] { return serves(changed) && serves(kept) && serves(range); })) << "only another table changed";
    change("UPDATE a SET v = 51 WHERE id = 1");
    EXPECT_FALSE(serves(changed));
    EXPECT_TRUE(serves(kept)) << "rows are told apart as before";
    EXPECT_TRUE(serves(range));
    auto newer = keep("SELECT v FROM a WHERE id = 3");
    point = engine_->save_point();
    EXPECT_FALSE(engine_->storable(changed.dependencies, changed.floor)) << "stale: not to be saved";
    EXPECT_TRUE(point.covers(newer.dependencies, newer.floor));
    engine_.reset();
    run("UPDATE a SET v = 52 WHERE id = 2");
    start_engine(point.bytes);
    ASSERT_TRUE(engine_->resumed());
    settle();
    EXPECT_TRUE(await([&] { return serves(newer); }));
    EXPECT_FALSE(serves(kept)) << "changed while nobody looked";
}

TEST_P(EngineLive, ARestartAfterAResetOrOnAnotherServerBeginsAnew) {
    auto one = keep("SELECT v FROM a WHERE id = 1");
    auto point = engine_->save_point();
    ASSERT_FALSE(point.bytes.empty());
    bool is_mysql = engine_->dialect() == invalidation::sql::Dialect::mysql;
    engine_.reset();
    run(is_mysql ? "RESET BINARY LOGS AND GTIDS" : "RESET MASTER");
    for (int i = 0; i < 50; ++i) run("UPDATE d SET v = v + 1");
    start_engine(point.bytes);
    EXPECT_FALSE(engine_->resumed());
    EXPECT_FALSE(serves(one));
    EXPECT_TRUE(serves(keep("SELECT v FROM a WHERE id = 1")));
    engine_.reset();
    start_engine("no save point at all");
    EXPECT_FALSE(engine_->resumed());
    EXPECT_TRUE(serves(keep("SELECT v FROM a WHERE id = 1")));
}

TEST(EngineStart, AServerThatCannotBeReachedIsNamed) {
    proxy::coherence::Options options;
    options.connect.endpoint.port = 1;
    mysql::PoolOptions pool_options;
    pool_options.connect = options.connect;
    mysql::Pool pool(pool_options);
    options.pool = &pool;
    CoherenceEngine engine(options);
    auto started = engine.start();
    ASSERT_FALSE(started);
    EXPECT_NE(started.error().message.find("127.0.0.1:1"), std::string::npos) << started.error().message;
    std::promise<std::optional<Floor>> promise;
    engine.async_floor({}, [&](std::optional<Floor> floor) { promise.set_value(floor); });
    (void)promise.get_future().get();
    EXPECT_FALSE(engine.servable({}, engine.floor()));
}

INSTANTIATE_TEST_SUITE_P(Servers, EngineLive, testing::Values("SABIL_TEST_MARIADB", "SABIL_TEST_MYSQL"),
                         [](const auto& parameter) { return std::string(parameter.param).substr(11); });

}  // namespace
}  // namespace sabil::coherence_test
