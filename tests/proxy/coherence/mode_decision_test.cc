#include "proxy/coherence/mode_decision.h"

#include <gtest/gtest.h>

namespace sabil::proxy::coherence {
namespace {

Server good(mysql::ServerKind kind) {
    Server server;
    server.identity.kind = kind;
    server.settings.log_bin = true;
    server.settings.binlog_format = "ROW";
    server.settings.binlog_row_image = "FULL";
    if (kind == mysql::ServerKind::mysql) server.settings.gtid_mode = "ON";
    return server;
}
bool has(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

TEST(ModeDecision, RowsAndGtidsAllowTheBestMode) {
    for (auto kind : {mysql::ServerKind::mysql, mysql::ServerKind::mariadb}) {
        auto decision = decide_mode(good(kind), Wish::automatic);
        EXPECT_EQ(decision.mode, CoherenceMode::coherent);
        EXPECT_EQ(decision.why, "");
        EXPECT_EQ(decision.advice, "");
    }
}

TEST(ModeDecision, WhatIsMissingIsNamedWithItsFix) {
    auto off = good(mysql::ServerKind::mariadb);
    off.settings.log_bin = false;
    EXPECT_EQ(decide_mode(off, Wish::automatic).mode, CoherenceMode::in_path);
    EXPECT_TRUE(has(decide_mode(off, Wish::automatic).why, "log_bin=ON"));

    auto no_gtids = good(mysql::ServerKind::mysql);
    no_gtids.settings.gtid_mode = "OFF_PERMISSIVE";
    EXPECT_EQ(decide_mode(no_gtids, Wish::automatic).mode, CoherenceMode::best_effort);
    EXPECT_TRUE(has(decide_mode(no_gtids, Wish::automatic).why, "gtid_mode=ON"));

    auto filtered = good(mysql::ServerKind::mysql);
    filtered.settings.binlog_ignore_db = "logs";
    EXPECT_EQ(decide_mode(filtered, Wish::automatic).mode, CoherenceMode::in_path);
    EXPECT_TRUE(has(decide_mode(filtered, Wish::automatic).why, "binlog_ignore_db"));

    auto silent_replica = good(mysql::ServerKind::mariadb);
    silent_replica.is_replica = true;
    silent_replica.logs_replicated = false;
    EXPECT_EQ(decide_mode(silent_replica, Wish::automatic).mode, CoherenceMode::in_path);
    EXPECT_TRUE(has(decide_mode(silent_replica, Wish::automatic).why, "log_slave_updates=ON"));
    silent_replica.logs_replicated = true;
    EXPECT_EQ(decide_mode(silent_replica, Wish::automatic).mode, CoherenceMode::coherent);
}

TEST(ModeDecision, CoarseSettingsKeepTheModeAndGetAdvice) {
    auto mixed = good(mysql::ServerKind::mariadb);
    mixed.settings.binlog_format = "MIXED";
    mixed.settings.binlog_row_image = "MINIMAL";
    auto decision = decide_mode(mixed, Wish::coherent);
    EXPECT_EQ(decision.mode, CoherenceMode::coherent);
    EXPECT_TRUE(has(decision.advice, "binlog_format=ROW"));
    EXPECT_TRUE(has(decision.advice, "binlog_row_image=FULL"));
}

TEST(ModeDecision, AWeakerModeThatIsAskedForIsTaken) {
    EXPECT_EQ(decide_mode(good(mysql::ServerKind::mysql), Wish::ttl).mode, CoherenceMode::ttl);
    EXPECT_EQ(decide_mode(good(mysql::ServerKind::mysql), Wish::in_path).mode, CoherenceMode::in_path);
}

TEST(ModeDecision, TheMissingGrantIsAStatementToRun) {
    EXPECT_TRUE(has(missing_grant(good(mysql::ServerKind::mysql), "app"),
                    "GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO 'app'@'%'"));
    EXPECT_TRUE(has(missing_grant(good(mysql::ServerKind::mariadb), "app"),
                    "GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO 'app'@'%'"));
}

}  // namespace
}  // namespace sabil::proxy::coherence
