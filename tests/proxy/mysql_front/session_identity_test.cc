#include "proxy/mysql_front/session_identity.h"

#include <gtest/gtest.h>

#include <set>

#include "mysql/wire/text_row.h"

namespace sabil::proxy::mysql_front {
namespace {

using invalidation::sql::Dialect;
const ServerKind mariadb{Dialect::mariadb, 101119};
const ServerKind mysql9{Dialect::mysql, 90700};

std::string row(std::vector<mysql::TextField> head, std::string_view variable) {
    std::string out;
    for (const auto& field : head) mysql::append_text_field(out, field);
    for (std::size_t i = 0; i < key_variables.size(); ++i) mysql::append_text_field(out, variable);
    return out;
}

TEST(SessionIdentity, AsksEachServerOnlyForWhatItHas) {
    const auto maria = identity_query(mariadb);
    const auto my = identity_query(mysql9);
    EXPECT_NE(maria.find("@@old_mode"), std::string::npos);
    EXPECT_EQ(my.find("@@old_mode"), std::string::npos);
    EXPECT_EQ(maria.find("@@resultset_metadata"), std::string::npos);
    EXPECT_NE(my.find("@@resultset_metadata"), std::string::npos);
    EXPECT_NE(tracking_query(mysql9).find("session_track_gtids"), std::string::npos);
    EXPECT_EQ(tracking_query(mariadb).find("session_track_gtids"), std::string::npos);
}

TEST(SessionIdentity, ReadsTheRow) {
    const auto packet = row({"app@%", std::nullopt, "news", "1", "0", "600", "autocommit", "1", "0", std::nullopt}, "v");
    auto identity = parse_identity(packet, mariadb);
    ASSERT_TRUE(identity);
    EXPECT_EQ(identity->account, "app@%");
    EXPECT_EQ(identity->role, "");
    EXPECT_EQ(identity->schema, "news");
    EXPECT_TRUE(identity->autocommit);
    EXPECT_FALSE(identity->sql_log_bin);
    EXPECT_EQ(identity->wait_timeout, std::chrono::seconds(600));
    EXPECT_EQ(identity->tracking.system_variables, "autocommit");
    EXPECT_TRUE(identity->tracking.schema);
    EXPECT_EQ(identity->variables.back(), "v");
    EXPECT_FALSE(parse_identity("", mariadb));
    for (std::size_t n = 0; n < packet.size(); ++n) EXPECT_FALSE(parse_identity(packet.substr(0, n), mariadb));
}

TEST(SessionIdentity, UntrackingPutsBackWhatWasThere) {
    const auto text = untracking_query(mysql9, {"a,b'c", false, true, true});
    EXPECT_NE(text.find("session_track_system_variables='a,b''c'"), std::string::npos);
    EXPECT_NE(text.find("session_track_schema=0"), std::string::npos);
    EXPECT_NE(text.find("session_track_gtids=OWN_GTID"), std::string::npos);
}

TEST(KeyVariables, AreNotHarmless) {
    std::set<std::string_view> names;
    for (const auto& variable : key_variables) {
        EXPECT_FALSE(is_harmless_variable(variable.name)) << variable.name;
        EXPECT_TRUE(names.insert(variable.name).second) << variable.name;
    }
    EXPECT_TRUE(is_harmless_variable("sort_buffer_size"));
    EXPECT_TRUE(is_harmless_variable("net_read_timeout"));
    EXPECT_FALSE(is_harmless_variable("wsrep_sync_wait"));
    EXPECT_FALSE(is_harmless_variable(""));
}

}  // namespace
}  // namespace sabil::proxy::mysql_front
