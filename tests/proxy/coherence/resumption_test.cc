#include "proxy/coherence/resumption.h"

#include <gtest/gtest.h>

#include "cache/base/hash.h"
#include "proxy/coherence/save_point.h"
#include "proxy/coherence/saved_schemas.h"

namespace sabil::proxy::coherence {
namespace {

Resumption sample() {
    Resumption out;
    out.identity.kind = mysql::ServerKind::mariadb;
    out.identity.server_uuid = "host 3306 /var/lib/mysql/";
    out.identity.server_id = 7;
    out.identity.start_time = 1700000000;
    out.resets = 3;
    out.applied = {42, 5};
    out.at = mysql::binlog::BinlogPosition{"mariadb-bin.000003", 1234};
    out.gtids = mysql::binlog::MariadbGtidPosition::parse("0-1-5,3-1-9").value();
    out.registry.next_signature = 9;
    out.registry.signatures = {{"news", "articles", {4, {0, 2}, {}}},
                               {"news", "articles", {5, {1}, {invalidation::SignatureShape::Kind::above, 99}}},
                               {"news", "", {6, {}, {}}}};
    invalidation::TableDefinition articles{"news", "articles", invalidation::TableKind::base, {}, {}};
    articles.columns = {{"id", "int", "", true, false, invalidation::ValueClass::integer},
                        {"title", "varchar", "utf8mb4_bin", false, true, invalidation::ValueClass::text_exact}};
    invalidation::SchemaDefinition news;
    news.name = "news";
    news.tables.emplace("articles", std::make_shared<const invalidation::TableDefinition>(articles));
    news.foreign_keys = {{"fk", {"news", "comments"}, {"news", "articles"}, {"id"}, true, false}};
    out.schemas.push_back(news);
    return out;
}

TEST(Resumption, ComesBackAsItWas) {
    auto back = Resumption::decode(sample().encode());
    ASSERT_TRUE(back) << back.error().message;
    auto want = sample();
    EXPECT_TRUE(back->identity.same_process(want.identity));
    EXPECT_EQ(back->resets, want.resets);
    EXPECT_EQ(back->applied, want.applied);
    EXPECT_EQ(back->at, want.at);
    EXPECT_EQ(back->gtids, want.gtids);
    EXPECT_EQ(back->encode(), want.encode());
    ASSERT_EQ(back->schemas.size(), 1U);
    const auto& table = *back->schemas[0].tables.at("articles");
    ASSERT_EQ(table.columns.size(), 2U);
    EXPECT_EQ(table.columns[1].collation, "utf8mb4_bin");
    EXPECT_EQ(table.columns[1].value_class, invalidation::ValueClass::text_exact);
    EXPECT_TRUE(table.columns[0].is_unsigned && table.columns[1].generated);
    EXPECT_EQ(back->schemas[0].foreign_keys[0].parent.table, "articles");
    EXPECT_FALSE(back->schemas[0].foreign_keys[0].on_update);

    want.identity.kind = mysql::ServerKind::mysql;
    want.at = mysql::binlog::MysqlGtidSet::parse("3e11fa47-71ca-11e1-9e33-c80aa9429562:1-5:7").value();
    want.gtids = {};
    auto other = Resumption::decode(want.encode());
    ASSERT_TRUE(other);
    EXPECT_EQ(other->at, want.at);
}

TEST(Resumption, ViewsAreReadAgain) {
    invalidation::CatalogSnapshot catalog;
    auto news = sample().schemas[0];
    invalidation::TableDefinition view{"news", "newest", invalidation::TableKind::view, {}, {}};
    news.tables.emplace("newest", std::make_shared<const invalidation::TableDefinition>(view));
    catalog.schemas.emplace("news", std::make_shared<const invalidation::SchemaDefinition>(news));
    auto saved = schemas_to_save(catalog);
    ASSERT_EQ(saved.size(), 1U);
    EXPECT_FALSE(saved[0].complete);
    EXPECT_EQ(saved[0].tables.size(), 1U);
    EXPECT_EQ(saved[0].foreign_keys.size(), 1U);
}

TEST(Resumption, DamagedBytesAreRefused) {
    auto bytes = sample().encode();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        EXPECT_FALSE(Resumption::decode(bytes.substr(0, i))) << i;
        auto changed = bytes;
        changed[i] = static_cast<char>(changed[i] ^ 0x20);
        EXPECT_FALSE(Resumption::decode(changed)) << i;
    }
    EXPECT_FALSE(Resumption::decode(bytes + "x"));
}

// With the right digest, but lying about what follows: read to its end and refused, not trusted.
TEST(Resumption, LyingCountsAreRefused) {
    auto bytes = sample().encode();
    auto body = bytes.substr(0, bytes.size() - 8);
    for (std::size_t at = 20; at + 4 <= body.size(); ++at) {
        auto changed = body;
        for (std::size_t i = 0; i < 4; ++i) changed[at + i] = '\xff';
        auto digest = hash_bytes(changed);
        for (int i = 0; i < 8; ++i) changed.push_back(static_cast<char>(digest >> (8 * i)));
        (void)Resumption::decode(changed);  // must come back, whatever it says
    }
}

TEST(SavePoint, CoversWhatWasFilledBeforeIt) {
    SavePoint point{"bytes", {10, 2}, 5};
    std::vector<invalidation::Dependency> deps{{1, 0}, {2, 4}};
    EXPECT_TRUE(point.covers(deps, {10, 2}));
    EXPECT_FALSE(point.covers(deps, {11, 2})) << "filled later";
    EXPECT_FALSE(point.covers(deps, {10, 1})) << "of an epoch before";
    deps.push_back({3, 5});
    EXPECT_FALSE(point.covers(deps, {10, 2})) << "a signature it does not know";
    EXPECT_FALSE((SavePoint{"", {10, 2}, 9}.covers(deps, {10, 2})));
}

}  // namespace
}  // namespace sabil::proxy::coherence
