#include "invalidation/resolver.h"

#include <gtest/gtest.h>

#include "invalidation/schema/information_schema.h"

namespace sabil::invalidation {
namespace {

using Answers = std::array<TextRows, schema_questions.size()>;

SchemaDefinition news() {
    Answers answers;
    answers[0] = {{"articles", "BASE TABLE", "InnoDB"},
                  {"comments", "BASE TABLE", "InnoDB"},
                  {"far", "BASE TABLE", "FEDERATED"},
                  {"latest", "VIEW", std::nullopt},
                  {"hidden", "VIEW", std::nullopt}};
    answers[1] = {{"articles", "id", "int", "int(11)", std::nullopt, "auto_increment"},
                  {"articles", "author", "int", "int(10) unsigned", std::nullopt, ""},
                  {"articles", "slug", "varchar", "varchar(80)", "utf8mb4_general_ci", ""},
                  {"articles", "price", "float", "float", std::nullopt, ""},
                  {"articles", "made", "datetime", "datetime", std::nullopt, "DEFAULT_GENERATED"},
                  {"articles", "twice", "int", "int(11)", std::nullopt, "VIRTUAL GENERATED"},
                  {"comments", "id", "int", "int(11)", std::nullopt, ""},
                  {"comments", "article", "int", "int(11)", std::nullopt, ""}};
    answers[2] = {{"latest", "select `a`.`id` AS `id` from `news`.`articles` `a`"}, {"hidden", ""}};
    answers[3] = {{"fk", "comments", "news", "articles", "id"}};
    return read_schema("news", answers, {}).value();
}

class ResolverTest : public testing::Test {
  protected:
    ResolverTest() { catalog_.accept(news(), 0); }

    Resolution ask(sql::TableUse use, std::vector<sql::Literal> parameters = {}, std::string_view schema = "news") {
        sql::Statement statement;
        statement.kind = sql::StatementKind::select;
        statement.reason = sql::Reason::none;
        statement.reads = {std::move(use)};
        return resolver_.resolve(statement, schema, parameters, Precision::rows);
    }
    static sql::Literal number(int n) { return {sql::Literal::Type::integer, std::to_string(n)}; }
    static sql::Literal text(std::string t) { return {sql::Literal::Type::string, std::move(t)}; }
    static sql::Equality equal(std::string column, std::vector<sql::Operand> any_of) {
        return {std::move(column), std::move(any_of), {}};
    }
    static sql::TableUse articles(std::vector<sql::Equality> equalities = {}) {
        return {{"", "articles"}, std::move(equalities)};
    }

    void touch(Dependency dependency) {
        auto n = ledger_.begin_group();
        ledger_.stamp(dependency, n);
        ledger_.publish(n);
    }
    bool depends_on(const Resolution& resolution, Dependency dependency) {
        auto before = ledger_.latest(*resolution.dependencies);
        touch(dependency);
        return ledger_.latest(*resolution.dependencies) > before;
    }

    Ledger ledger_{1 << 16};
    Catalog catalog_;
    Resolver resolver_{ledger_, catalog_};
};

TEST_F(ResolverTest, WithoutEqualitiesTheTableAndItsSchema) {
    auto found = ask(articles());
    ASSERT_TRUE(found.dependencies) << found.reason;
    EXPECT_TRUE(depends_on(found, ledger_.table("news", "articles")));
    EXPECT_TRUE(depends_on(found, ledger_.schema("news")));
    EXPECT_FALSE(depends_on(found, ledger_.table("news", "comments")));
}

TEST_F(ResolverTest, AnEqualityDependsOnItsRowsAlone) {
    auto found = ask(articles({equal("ID", {sql::Operand{number(7)}})}));
    ASSERT_TRUE(found.dependencies);
    EXPECT_EQ(found.dependencies->size(), 4U) << "the row, the signature's unhashable value, all rows, the schema";
    EXPECT_FALSE(depends_on(found, ledger_.table("news", "articles"))) << "other rows may change";
    EXPECT_TRUE(depends_on(found, ledger_.all_rows("news", "articles")));
    auto other = ask(articles({equal("id", {sql::Operand{number(8)}})}));
    EXPECT_NE(*found.dependencies, *other.dependencies);
    auto list = ledger_.signatures("news", "articles");
    ASSERT_TRUE(list);
    EXPECT_EQ(list->size(), 1U);
    EXPECT_EQ(list->front().columns, std::vector<std::uint16_t>{0});
}

TEST_F(ResolverTest, ParametersAreValuesLikeLiterals) {
    auto bound = ask(articles({equal("id", {sql::Operand{sql::Parameter{0}}})}), {number(7)});
    auto spelled = ask(articles({equal("id", {sql::Operand{number(7)}})}));
    EXPECT_EQ(*bound.dependencies, *spelled.dependencies);
    auto missing = ask(articles({equal("id", {sql::Operand{sql::Parameter{3}}})}), {number(7)});
    EXPECT_TRUE(depends_on(missing, ledger_.table("news", "articles"))) << "an unknown value is any value";
}

TEST_F(ResolverTest, SeveralColumnsMakeOneSignatureInTheTablesOrder) {
    auto found = ask(articles(
        {equal("slug", {sql::Operand{text("a")}}), equal("id", {sql::Operand{number(1)}, sql::Operand{number(2)}})}));
    ASSERT_TRUE(found.dependencies);
    EXPECT_EQ(found.dependencies->size(), 2U + 1U + 2U) << "two rows, the unhashable value, all rows, the schema";
    EXPECT_EQ(ledger_.signatures("news", "articles")->front().columns, (std::vector<std::uint16_t>{0, 2}));
}

TEST_F(ResolverTest, WhatCannotBeHashedIsLeftOutOfTheSignature) {
    for (auto equality : {equal("price", {sql::Operand{number(1)}}), equal("twice", {sql::Operand{number(1)}}),
                          equal("slug", {sql::Operand{number(1)}}), equal("nowhere", {sql::Operand{number(1)}})}) {
        auto found = ask(articles({equality}));
        ASSERT_TRUE(found.dependencies);
        EXPECT_TRUE(depends_on(found, ledger_.table("news", "articles"))) << equality.column;
        auto with_id = ask(articles({equality, equal("id", {sql::Operand{number(1)}})}));
        EXPECT_FALSE(depends_on(with_id, ledger_.table("news", "articles"))) << "the other conjunct is enough";
    }
}

TEST_F(ResolverTest, LongListsTakeTheTableAndProductsTheirShortestColumns) {
    auto many = equal("id", {});
    for (int i = 0; i < 65; ++i) many.any_of.emplace_back(number(i));
    EXPECT_TRUE(depends_on(ask(articles({many})), ledger_.table("news", "articles")));
    many.any_of.resize(60);
    auto found = ask(articles({many, equal("author", {sql::Operand{number(1)}, sql::Operand{number(2)}})}));
    EXPECT_EQ(found.dependencies->size(), 2U + 3U) << "60 x 2 is over the limit: the author alone";
}

TEST_F(ResolverTest, ViewsAreTheirTables) {
    auto found = ask({{"", "latest"}, {equal("id", {sql::Operand{number(1)}})}});
    if (!found.dependencies) GTEST_FAIL() << found.reason;
    EXPECT_TRUE(depends_on(found, ledger_.table("news", "articles")));
    EXPECT_TRUE(depends_on(found, ledger_.table("news", "latest"))) << "CREATE OR REPLACE VIEW";
    auto hidden = ask({{"", "hidden"}, {}});
    EXPECT_FALSE(hidden.dependencies);
    EXPECT_EQ(hidden.reason, "view");
}

TEST_F(ResolverTest, WhatIsNotKnownIsNotCachedAndSaysWhy) {
    EXPECT_EQ(ask({{"", "nowhere"}, {}}).reason, "unknown_table");
    EXPECT_EQ(ask({{"", "far"}, {}}).reason, "unlogged_table");
    EXPECT_EQ(ask({{"MySQL", "user"}, {}}).reason, "system_schema");
    EXPECT_EQ(ask(articles(), {}, "").reason, "no_schema");
    auto elsewhere = ask({{"shop", "items"}, {}});
    EXPECT_EQ(elsewhere.reason, "schema_loading");
    EXPECT_EQ(elsewhere.missing, std::vector<std::string>{"shop"});
}

TEST_F(ResolverTest, AChangedDefinitionEndsWhatWasResolvedBefore) {
    auto table_level = ask(articles());
    auto row_level = ask(articles({equal("id", {sql::Operand{number(7)}})}));
    auto n = ledger_.begin_group();
    catalog_.drop_table("news", "articles", n);
    ledger_.drop_signatures("news", "articles");
    ledger_.publish(n);
    ledger_.advance_watermark(n);
    EXPECT_FALSE(ledger_.current(*table_level.dependencies, ledger_.floor())) << "resolved before, filled after";
    EXPECT_FALSE(ledger_.current(*row_level.dependencies, ledger_.floor()));
    auto again = ask(articles());
    EXPECT_EQ(again.reason, "schema_loading");
    EXPECT_EQ(again.missing, std::vector<std::string>{"news"});

    EXPECT_FALSE(catalog_.accept(news(), n - 1)) << "read above a floor older than the change";
    EXPECT_TRUE(catalog_.accept(news(), n));
    auto renewed = ask(articles());
    ASSERT_TRUE(renewed.dependencies);
    EXPECT_TRUE(ledger_.current(*renewed.dependencies, ledger_.floor()));
}

TEST_F(ResolverTest, AWriteInThePathMarksItsTablesAndTheirChildren) {
    sql::Statement write;
    write.kind = sql::StatementKind::write;
    write.writes = {{"", "articles"}};
    auto stamps = resolver_.write_stamps(write, "news");
    auto has = [&](Dependency d) { return std::find(stamps.begin(), stamps.end(), d) != stamps.end(); };
    EXPECT_TRUE(has(ledger_.table("news", "articles")));
    EXPECT_TRUE(has(ledger_.all_rows("news", "articles")));
    EXPECT_TRUE(has(ledger_.table("news", "comments")));
    EXPECT_FALSE(has(ledger_.schema("news")));
    write.writes_known = false;
    write.writes.clear();
    EXPECT_EQ(resolver_.write_stamps(write, "news"), Dependencies{ledger_.schema("news")});
}

TEST(Catalog, TheClosureOfForeignKeysFollowsEveryKeyPastTheFirst) {
    SchemaDefinition shop;
    shop.name = "shop";
    auto key = [](const char* child, const char* parent, const char* column, bool on_delete, bool on_update) {
        return ForeignKey{"k", {"shop", child}, {"shop", parent}, {column}, on_delete, on_update};
    };
    shop.foreign_keys = {key("orders", "customers", "id", true, true), key("lines", "orders", "id", false, true),
                         key("audit", "customers", "code", false, true),
                         key("customers", "customers", "id", true, false)};
    Catalog catalog;
    catalog.accept(shop, 0);
    auto snapshot = catalog.snapshot();
    auto names = [&](const ParentChange& change) {
        std::vector<std::string> out;
        for (const auto& table : snapshot->closure("shop", "customers", change)) out.push_back(table.table);
        std::sort(out.begin(), out.end());
        return out;
    };
    using Names = std::vector<std::string>;
    EXPECT_EQ(names({.removed = true, .updated_columns = {}, .any_column_updated = false}),
              (Names{"audit", "customers", "lines", "orders"}));
    EXPECT_EQ(names({.removed = false, .updated_columns = {"code"}, .any_column_updated = false}), Names{"audit"});
    EXPECT_EQ(names({.removed = false, .updated_columns = {"name"}, .any_column_updated = false}), Names{});
    EXPECT_TRUE(snapshot->is_parent("shop", "orders"));
    EXPECT_FALSE(snapshot->is_parent("shop", "lines"));
    EXPECT_EQ(snapshot->parent_columns("shop", "customers"), (Names{"id", "code"}));
}

}  // namespace
}  // namespace sabil::invalidation
