#include "proxy/mysql_front/session_state.h"

#include <gtest/gtest.h>

namespace sabil::proxy::mysql_front {
namespace {

using invalidation::sql::Dialect;
using mysql::SessionStateChange;
using mysql::SessionStateChanges;
using mysql::SessionStateType;
namespace flags = mysql::status;
using namespace std::chrono_literals;

const ServerKind mariadb{Dialect::mariadb, 101106};

SessionIdentity plain_identity() {
    SessionIdentity identity;
    identity.account = "app@%";
    identity.schema = "news";
    identity.variables[*key_variable_index("tx_isolation")] = "REPEATABLE-READ";
    identity.variables[*key_variable_index("character_set_client")] = "utf8mb4";
    return identity;
}

class SessionStateTest : public ::testing::Test {
  protected:
    SessionStateTest() { begin(Transactions::bypass); }
    void begin(Transactions transactions) {
        state = std::make_unique<SessionState>(transactions, 1000ms);
        state->logged_in(mysql::capability::protocol_41, mysql::capability::session_track, mariadb, 45);
        state->set_status(flags::autocommit);
        state->identify(plain_identity(), true);
    }
    // The session ran `text`, and the server answered so.
    void run(std::string_view text, mysql::StatusFlags status = flags::autocommit, SessionStateChanges changes = {},
             std::uint64_t rows = 0, bool failed = false) {
        const auto analysis = make_analysis(text, state->parse_mode());
        AnswerFacts facts{failed, status, !failed, rows, changes.empty() ? nullptr : &changes, false};
        state->answered(&analysis, facts, now);
    }
    static SessionStateChange variable(std::string name, std::string value) {
        return {SessionStateType::system_variable, std::move(name), std::move(value), 0};
    }
    static SessionStateChange changed() { return {SessionStateType::state_change, "", "1", 2}; }
    std::unique_ptr<SessionState> state;
    SteadyTime now{1h};
};

TEST_F(SessionStateTest, AFreshSessionMayBeServed) {
    EXPECT_EQ(state->bypass(), Bypass::none);
    EXPECT_FALSE(state->has_barrier());
}

TEST_F(SessionStateTest, UnidentifiedOrUntrackedSessionsMayNot) {
    SessionState fresh(Transactions::bypass, 1000ms);
    fresh.logged_in(0, mysql::capability::session_track, mariadb, 45);
    EXPECT_EQ(fresh.bypass(), Bypass::identity_unknown);
    fresh.logged_in(0, 0, mariadb, 45);
    EXPECT_EQ(fresh.bypass(), Bypass::no_session_tracking);
    fresh.logged_in(0, mysql::capability::session_track, mariadb, 45);
    fresh.identify(plain_identity(), false);
    EXPECT_EQ(fresh.bypass(), Bypass::wrong_server);
    fresh.set_followed(true);
    EXPECT_EQ(fresh.bypass(), Bypass::none);
}

TEST_F(SessionStateTest, KeyVariablesChangeTheFingerprintAndHarmlessOnesDoNot) {
    const auto before = state->fingerprint(1);
    run("SET sort_buffer_size = 1000000", flags::autocommit, {variable("sort_buffer_size", "1000000"), changed()});
    EXPECT_EQ(state->fingerprint(1), before);
    EXPECT_EQ(state->bypass(), Bypass::none);
    run("SET time_zone = '+01:00'", flags::autocommit, {variable("time_zone", "+01:00"), changed()});
    EXPECT_NE(state->fingerprint(1), before);
    EXPECT_EQ(state->bypass(), Bypass::none);
    run("SET time_zone = ''", flags::autocommit, {variable("time_zone", ""), changed()});
    EXPECT_EQ(state->fingerprint(1), before);
    EXPECT_NE(state->fingerprint(2), before) << "new rules are a new key";
}

TEST_F(SessionStateTest, EveryKeyVariableIsInTheFingerprint) {
    for (const auto& key : key_variables) {
        const auto before = state->fingerprint(1);
        run("SET x = 1", flags::autocommit, {variable(std::string(key.name), "another value")});
        EXPECT_NE(state->fingerprint(1), before) << key.name;
    }
}

TEST_F(SessionStateTest, NullMayAskForTheRowInsertedLast) {
    run("SET sql_auto_is_null = 1", flags::autocommit, {variable("sql_auto_is_null", "ON")});
    EXPECT_EQ(state->bypass(), Bypass::auto_is_null);
    run("SET sql_auto_is_null = 0", flags::autocommit, {variable("sql_auto_is_null", "OFF")});
    EXPECT_EQ(state->bypass(), Bypass::none);
}

TEST_F(SessionStateTest, SchemaAndAccountAreInTheFingerprint) {
    const auto before = state->fingerprint(1);
    run("USE other", flags::autocommit, {{SessionStateType::schema, "", "other", 1}});
    EXPECT_NE(state->fingerprint(1), before);
    auto other = plain_identity();
    other.account = "root@localhost";
    state->identify(other, true);
    EXPECT_NE(state->fingerprint(1), before);
    other = plain_identity();
    other.role = "editor";
    state->identify(other, true);
    EXPECT_NE(state->fingerprint(1), before);
}

TEST_F(SessionStateTest, CharacterSetsAreWhatWasSetNotOnlyWhatIsReported) {
    const auto utf8 = variable("character_set_results", "utf8mb4");
    const auto login = state->fingerprint(1);
    run("SET NAMES utf8mb4", flags::autocommit, {utf8, changed()});
    const auto names = state->fingerprint(1);
    EXPECT_NE(names, login) << "the login's collation may be another than the character set's default";
    run("SET NAMES utf8mb4 COLLATE utf8mb4_bin", flags::autocommit, {utf8, changed()});
    EXPECT_NE(state->fingerprint(1), names);
    run("SET NAMES utf8mb4", flags::autocommit, {utf8, changed()});
    EXPECT_EQ(state->fingerprint(1), names);
    run("SET NAMES nonsense", flags::autocommit, {}, 0, true);
    EXPECT_EQ(state->fingerprint(1), names);
    run("SET character_set_results = utf8mb4", flags::autocommit, {utf8, changed()});
    EXPECT_NE(state->fingerprint(1), names);
    EXPECT_EQ(state->bypass(), Bypass::none);
    run("SELECT 1 FROM t", flags::autocommit, {utf8});
    EXPECT_EQ(state->bypass(), Bypass::opaque_state) << "something set it, and it is not known how";
    state->reset(46);
    state->identify(plain_identity(), true);
    EXPECT_NE(state->fingerprint(1), login);
}

TEST_F(SessionStateTest, AnUnknownVariablePins) {
    run("SET wsrep_sync_wait = 1", flags::autocommit, {variable("wsrep_sync_wait", "1")});
    EXPECT_EQ(state->bypass(), Bypass::unknown_variable);
    state->reset(45);
    state->identify(plain_identity(), true);
    EXPECT_EQ(state->bypass(), Bypass::none);
}

TEST_F(SessionStateTest, TransactionsAreBypassed) {
    run("BEGIN", flags::autocommit | flags::in_transaction);
    EXPECT_EQ(state->bypass(), Bypass::in_transaction);
    run("COMMIT");
    EXPECT_EQ(state->bypass(), Bypass::none);
    run("SET autocommit = 0", 0, {variable("autocommit", "OFF")});
    EXPECT_EQ(state->bypass(), Bypass::autocommit_off);
}

TEST_F(SessionStateTest, UntilWriteAllowsHitsInReadCommittedTransactions) {
    begin(Transactions::until_write);
    run("BEGIN", flags::autocommit | flags::in_transaction);
    EXPECT_EQ(state->bypass(), Bypass::in_transaction) << "a repeatable read keeps its snapshot";
    run("COMMIT");
    run("SET tx_isolation = 'READ-COMMITTED'", flags::autocommit, {variable("tx_isolation", "READ-COMMITTED")});
    run("BEGIN", flags::autocommit | flags::in_transaction);
    EXPECT_EQ(state->bypass(), Bypass::none);
    run("UPDATE t SET a = 1", flags::autocommit | flags::in_transaction, {}, 1);
    EXPECT_EQ(state->bypass(), Bypass::in_transaction);
    run("COMMIT", flags::autocommit, {variable("last_gtid", "0-1-7")});
    EXPECT_EQ(state->bypass(), Bypass::none);
    EXPECT_EQ(state->barrier_gtid(), "0-1-7");
}

TEST_F(SessionStateTest, ReadUncommittedIsNeverServed) {
    run("SET tx_isolation = 'READ-UNCOMMITTED'", flags::autocommit, {variable("tx_isolation", "READ-UNCOMMITTED")});
    EXPECT_EQ(state->bypass(), Bypass::read_uncommitted);
    begin(Transactions::bypass);
    run("SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED");
    EXPECT_NE(state->bypass(), Bypass::none) << "it holds for the next transaction, and no variable tells";
}

TEST_F(SessionStateTest, TemporaryTablesPin) {
    run("CREATE TEMPORARY TABLE x (a INT)", flags::autocommit, {changed()});
    EXPECT_EQ(state->bypass(), Bypass::temporary_table);
}

TEST_F(SessionStateTest, TableLocksPinUntilUnlocked) {
    run("LOCK TABLES t READ");
    EXPECT_EQ(state->bypass(), Bypass::locked_tables);
    run("UNLOCK TABLES");
    EXPECT_EQ(state->bypass(), Bypass::none);
}

TEST_F(SessionStateTest, UserLocksPinUntilAllAreReleased) {
    run("SELECT GET_LOCK('a', 1)");
    EXPECT_EQ(state->bypass(), Bypass::user_lock);
    run("SELECT RELEASE_LOCK('a')");
    EXPECT_EQ(state->bypass(), Bypass::user_lock);
    run("SELECT RELEASE_ALL_LOCKS()");
    EXPECT_EQ(state->bypass(), Bypass::none);
}

TEST_F(SessionStateTest, ACallThatChangedTheSessionPins) {
    run("CALL p()");
    EXPECT_EQ(state->bypass(), Bypass::none);
    run("CALL p()", flags::autocommit, {changed()});
    EXPECT_EQ(state->bypass(), Bypass::opaque_state);
}

TEST_F(SessionStateTest, AnXaTransactionPinsUntilItsEnd) {
    constexpr auto open = flags::autocommit | flags::in_transaction;
    for (const auto transactions : {Transactions::bypass, Transactions::until_write}) {
        begin(transactions);
        run("SET x = 1", flags::autocommit, {variable("tx_isolation", "READ-COMMITTED")});
        run("XA START 'a'", open);
        EXPECT_EQ(state->bypass(), Bypass::xa_transaction);
        run("SELECT 1 FROM t", open);
        run("XA END 'a'", open);
        run("XA PREPARE 'a'", open);
        run("XA COMMIT 'b'", 0, {}, 0, true);
        EXPECT_EQ(state->bypass(), Bypass::xa_transaction);
        run("XA COMMIT 'a'");
        EXPECT_EQ(state->bypass(), Bypass::none);
        EXPECT_TRUE(state->has_barrier());
        run("XA START 'a'", 0, {}, 0, true);
        EXPECT_EQ(state->bypass(), Bypass::none);
        run("DO 0; XA START 'a'; SELECT nothing", 0, {}, 0, true);
        EXPECT_EQ(state->bypass(), Bypass::xa_transaction);
        run("XA ROLLBACK 'a'");
        EXPECT_EQ(state->bypass(), Bypass::none);
    }
}

TEST_F(SessionStateTest, TheEndOfAnXaTransactionIsAWriteWhateverIsReported) {
    state->set_gtids_reported(true);
    run("XA COMMIT 'a'");
    EXPECT_TRUE(state->has_barrier());
}

TEST_F(SessionStateTest, RolesAreAskedForAgain) {
    run("SET ROLE editor", flags::autocommit, {changed()});
    EXPECT_FALSE(state->identified());
    EXPECT_NE(state->bypass(), Bypass::none);
}

TEST_F(SessionStateTest, BinaryLogOffPins) {
    run("SET sql_log_bin = 0", flags::autocommit, {variable("sql_log_bin", "OFF")});
    EXPECT_EQ(state->bypass(), Bypass::sql_log_off);
}

TEST_F(SessionStateTest, AWriteSetsTheBarrierToItsGtid) {
    run("INSERT INTO t VALUES (1)", flags::autocommit, {variable("last_gtid", "0-1-5")}, 1);
    ASSERT_TRUE(state->has_barrier());
    EXPECT_EQ(state->barrier_gtid(), "0-1-5");
    run("SELECT 1 FROM t");
    EXPECT_TRUE(state->has_barrier());
    state->clear_barrier();
    EXPECT_FALSE(state->has_barrier());
}

TEST_F(SessionStateTest, AWriteWithoutGtidWaitsOutTheStaleness) {
    run("UPDATE t SET a = 1 WHERE id = 77", flags::autocommit, {}, 0);
    EXPECT_FALSE(state->has_barrier()) << "it changed nothing";
    run("UPDATE t SET a = 1", flags::autocommit, {}, 3);
    ASSERT_TRUE(state->has_barrier());
    EXPECT_EQ(state->barrier_time(), now + 1000ms);
    state->clear_barrier();
    run("INSERT INTO t VALUES (1), (1)", 0, {}, 0, true);
    EXPECT_TRUE(state->has_barrier()) << "a failed write may have left rows in a table without transactions";
}

TEST_F(SessionStateTest, WhereGtidsAreReportedSilenceMeansThatNothingWasLogged) {
    state->set_gtids_reported(true);
    run("UPDATE t SET a = 1", flags::autocommit, {}, 3);
    EXPECT_FALSE(state->has_barrier());
    run("SELECT writes_perhaps()");
    EXPECT_FALSE(state->has_barrier());
    const auto analysis = make_analysis("SELECT writes_perhaps()", state->parse_mode());
    AnswerFacts facts{false, flags::autocommit, true, 0, nullptr, true};
    state->answered(&analysis, facts, now);
    EXPECT_TRUE(state->has_barrier()) << "the answer ended in an EOF, which carries no reports";
}

TEST_F(SessionStateTest, TheBarrierComesWithTheCommit) {
    run("BEGIN", flags::autocommit | flags::in_transaction);
    run("UPDATE t SET a = 1", flags::autocommit | flags::in_transaction, {}, 3);
    EXPECT_FALSE(state->has_barrier());
    run("COMMIT", flags::autocommit, {});
    EXPECT_TRUE(state->has_barrier()) << "no GTID was reported, so time must tell";
    state->clear_barrier();
    run("BEGIN", flags::autocommit | flags::in_transaction);
    run("COMMIT");
    EXPECT_FALSE(state->has_barrier()) << "nothing was written";
}

}  // namespace
}  // namespace sabil::proxy::mysql_front
