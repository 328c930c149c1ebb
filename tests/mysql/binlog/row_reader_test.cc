#include "mysql/binlog/row_reader.h"

#include <gtest/gtest.h>

#include "tests/mysql/binlog/event_bytes.h"

namespace sabil::mysql::binlog {
namespace {

using testing::bytes;

const TableMap& item() {
    static const auto map = *parse_table_map(testing::item_table_map_body(), false);
    return map;
}

RowsEvent rows_of(EventType type, const std::string& body, std::string& unpacked) {
    auto event = parse_rows_event(type, body, 1 << 20, unpacked);
    EXPECT_TRUE(event);
    event->table = &item();
    return *event;
}

const std::string head = bytes({5, 0, 0, 0, 0, 0, 1, 0, 2, 0, 3});
const std::string first_row = bytes({0, 1, 0, 0, 0, 3, 0}) + "pen" + bytes({0x80, 0x01, 0x32});
const std::string null_row = bytes({6, 2, 0, 0, 0});

TEST(RowReader, reads_an_insert) {
    const auto body = head + bytes({7}) + first_row + null_row;
    std::string unpacked;
    const auto event = rows_of(EventType::write_rows_v2, body, unpacked);
    EXPECT_TRUE(event.statement_end);
    const std::vector<std::uint16_t> columns{2, 0, 1};
    RowReader reader(event, columns);
    ASSERT_TRUE(reader.next());
    EXPECT_EQ(to_string(reader.after()[0]), "1.50");
    EXPECT_EQ(reader.after()[1].integer, 1);
    EXPECT_TRUE(reader.after()[1].is_raw_integer);
    EXPECT_EQ(reader.after()[2].bytes, "pen");
    EXPECT_EQ(reader.after()[2].kind, ValueKind::string);
    EXPECT_FALSE(reader.before()[0].present());
    ASSERT_TRUE(reader.next());
    EXPECT_TRUE(reader.after()[0].is_null());
    EXPECT_EQ(reader.after()[1].integer, 2);
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.status());
}

TEST(RowReader, reads_both_images_of_a_minimal_update) {
    const auto body = head + bytes({1, 2}) + bytes({0, 9, 0, 0, 0}) + bytes({0, 3, 0}) + "ink";
    std::string unpacked;
    const auto event = rows_of(EventType::update_rows_v2, body, unpacked);
    const std::vector<std::uint16_t> columns{0, 1, 0, 77};
    RowReader reader(event, columns);
    ASSERT_TRUE(reader.next());
    EXPECT_EQ(reader.before()[0].integer, 9);
    EXPECT_EQ(reader.before()[2].integer, 9);
    EXPECT_FALSE(reader.before()[1].present());
    EXPECT_FALSE(reader.after()[0].present());
    EXPECT_EQ(reader.after()[1].bytes, "ink");
    EXPECT_FALSE(reader.after()[3].present());
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.status());
}

TEST(RowReader, steps_over_what_is_not_wanted) {
    const auto body = head + bytes({7}) + first_row + first_row;
    std::string unpacked;
    const auto event = rows_of(EventType::delete_rows_v2, body, unpacked);
    RowReader reader(event, {});
    EXPECT_TRUE(reader.next());
    EXPECT_TRUE(reader.next());
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.status());
}

TEST(RowReader, an_insert_of_defaults_alone_is_a_row) {
    std::string unpacked;
    const auto body = head + bytes({0});
    const auto event = rows_of(EventType::write_rows_v2, body, unpacked);
    const std::vector<std::uint16_t> columns{0};
    RowReader reader(event, columns);
    EXPECT_TRUE(reader.next());
    EXPECT_FALSE(reader.after()[0].present());
    EXPECT_FALSE(reader.next());
    EXPECT_TRUE(reader.status());
}

TEST(RowReader, refuses_rows_that_are_cut) {
    const auto rows = first_row;
    for (std::size_t cut = 1; cut < rows.size(); ++cut) {
        const auto body = head + bytes({7}) + rows.substr(0, cut);
        std::string unpacked;
        const auto event = rows_of(EventType::write_rows_v2, body, unpacked);
        const std::vector<std::uint16_t> columns{0, 1, 2};
        RowReader reader(event, columns);
        EXPECT_FALSE(reader.next()) << cut;
        ASSERT_FALSE(reader.status()) << cut;
        EXPECT_NE(reader.status().error().message.find("shop.item"), std::string::npos);
    }
}

TEST(RowsEvent, refuses_heads_that_do_not_fit) {
    std::string unpacked;
    const auto body = head + bytes({7}) + first_row;
    for (std::size_t cut = 0; cut < 12; ++cut) {
        EXPECT_FALSE(parse_rows_event(EventType::write_rows_v2, body.substr(0, cut), 100, unpacked)) << cut;
    }
    EXPECT_FALSE(
        parse_rows_event(EventType::write_rows_v2, bytes({5, 0, 0, 0, 0, 0, 1, 0, 1, 0, 3, 7}), 100, unpacked));
    EXPECT_FALSE(parse_rows_event(EventType::query, body, 100, unpacked));
    EXPECT_FALSE(parse_rows_event(EventType::write_rows_v2, bytes({5, 0, 0, 0, 0, 0, 1, 0, 2, 0, 0xfd, 255, 255, 255}),
                                  100, unpacked));
}

TEST(TableMapEvent, reads_columns_and_metadata) {
    EXPECT_EQ(item().schema, "shop");
    EXPECT_EQ(item().table, "item");
    EXPECT_EQ(item().number, 5U);
    ASSERT_EQ(item().columns.size(), 3U);
    EXPECT_EQ(item().columns[1].metadata, 300);
    EXPECT_FALSE(item().columns[0].nullable);
    EXPECT_TRUE(item().columns[1].nullable);
    EXPECT_FALSE(item().has_names);
    const auto full = testing::item_table_map_body() + bytes({1, 1, 0x80, 2, 1, 45, 4, 14, 2}) + "id" + bytes({4}) +
                      "name" + bytes({5}) + "price" + bytes({8, 1, 0});
    auto map = parse_table_map(full, false);
    ASSERT_TRUE(map) << map.error().message;
    EXPECT_EQ(map->columns[0].signedness, TableColumn::Signedness::is_unsigned);
    EXPECT_EQ(map->columns[2].signedness, TableColumn::Signedness::is_signed);
    EXPECT_EQ(map->columns[1].collation, 45U);
    EXPECT_EQ(map->columns[2].name, "price");
    EXPECT_EQ(map->primary_key, (std::vector<std::uint16_t>{0}));
    for (std::size_t cut = 0; cut < full.size(); ++cut) {
        const auto shorter = parse_table_map(full.substr(0, cut), false);
        const bool at_a_field = cut == testing::item_table_map_body().size() || cut == full.size() - 3 ||
                                cut == testing::item_table_map_body().size() + 3 ||
                                cut == testing::item_table_map_body().size() + 6;
        EXPECT_EQ(shorter.has_value(), at_a_field) << cut;
    }
}

TEST(TableMapEvent, refuses_positions_outside_the_table) {
    EXPECT_FALSE(parse_table_map(testing::item_table_map_body() + bytes({8, 1, 3}), false));
    EXPECT_FALSE(parse_table_map(testing::item_table_map_body() + bytes({2, 3, 45, 9, 1}), false));
    EXPECT_FALSE(parse_table_map(testing::item_table_map_body() + bytes({4, 1, 9}), false));
    const auto many = bytes({5, 0, 0, 0, 0, 0, 1, 0, 1, 's', 0, 1, 't', 0, 0xfd, 0, 0, 1});
    EXPECT_FALSE(parse_table_map(many + std::string(70000, '\3'), false));
}

}  // namespace
}  // namespace sabil::mysql::binlog
