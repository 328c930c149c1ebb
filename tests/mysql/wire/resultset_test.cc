#include <gtest/gtest.h>

#include "mysql/wire/binary_row.h"
#include "mysql/wire/column_definition.h"
#include "mysql/wire/prepare_response.h"
#include "mysql/wire/text_row.h"
#include "tests/mysql/wire/packet_bytes.h"

namespace sabil::mysql {
namespace {

using testing::bytes;

std::string id_column() {
    return bytes({3}) + "def" + bytes({4}) + "news" + bytes({1}) + "a" + bytes({8}) + "articles" + bytes({2}) + "id" +
           bytes({2}) + "id" + bytes({12, 63, 0, 11, 0, 0, 0, 3, 0x03, 0x42, 0, 0, 0});
}

TEST(ColumnDefinition, reads_and_writes_the_same_bytes) {
    const auto payload = id_column();
    auto column = parse_column_definition(payload, 0);
    ASSERT_TRUE(column) << column.error().message;
    EXPECT_EQ(column->schema, "news");
    EXPECT_EQ(column->table, "a");
    EXPECT_EQ(column->original_table, "articles");
    EXPECT_EQ(column->name, "id");
    EXPECT_EQ(column->type, ColumnType::long_int);
    EXPECT_EQ(column->length, 11U);
    EXPECT_TRUE(column->is_binary());
    EXPECT_FALSE(column->is_unsigned());
    std::string out;
    build_column_definition(out, *column, 0);
    EXPECT_EQ(out, payload);
    for (std::size_t cut = 0; cut < payload.size(); ++cut) {
        EXPECT_FALSE(parse_column_definition(std::string_view(payload).substr(0, cut), 0)) << cut;
    }
}

TEST(ColumnDefinition, reads_mariadb_s_extended_metadata) {
    ColumnDefinition column;
    column.name = "u";
    column.type = ColumnType::string;
    const auto block = bytes({0, 4}) + "uuid" + bytes({1, 4}) + "json";
    column.extended = block;
    std::string out;
    build_column_definition(out, column, capability::mariadb_extended_metadata);
    auto back = parse_column_definition(out, capability::mariadb_extended_metadata);
    ASSERT_TRUE(back);
    auto metadata = parse_extended_metadata(back->extended);
    ASSERT_TRUE(metadata);
    EXPECT_EQ(metadata->type_name, "uuid");
    EXPECT_EQ(metadata->format, "json");
    EXPECT_FALSE(parse_extended_metadata(bytes({0, 9, 'u'})));
}

TEST(ColumnDefinition, reads_the_default_of_a_field_list) {
    const auto with_default = id_column() + bytes({2}) + "17";
    auto column = parse_column_definition(with_default, 0);
    ASSERT_TRUE(column && column->default_value);
    EXPECT_EQ(*column->default_value, "17");
    auto with_null = parse_column_definition(id_column() + bytes({0xfb}), 0);
    ASSERT_TRUE(with_null && with_null->default_value);
    EXPECT_EQ(*with_null->default_value, "");
}

TEST(TextRow, reads_nulls_empty_and_long_fields) {
    const std::string longer(300, 'x');
    std::string row;
    append_text_field(row, "1");
    append_text_field(row, std::nullopt);
    append_text_field(row, "");
    append_text_field(row, longer);
    auto fields = parse_text_row(row, 4);
    ASSERT_TRUE(fields);
    EXPECT_EQ((*fields)[0], "1");
    EXPECT_EQ((*fields)[1], std::nullopt);
    EXPECT_EQ((*fields)[2], "");
    EXPECT_EQ((*fields)[3], longer);
    EXPECT_FALSE(parse_text_row(row, 3));
    EXPECT_FALSE(parse_text_row(row, 5));
    EXPECT_FALSE(parse_text_row(row, SIZE_MAX));
    EXPECT_FALSE(parse_text_row(row.substr(0, row.size() - 1), 4));
}

TEST(BinaryRow, reads_every_form) {
    const std::vector<BinaryColumn> columns{
        {ColumnType::tiny, false},      {ColumnType::tiny, true},      {ColumnType::short_int, false},
        {ColumnType::int24, false},     {ColumnType::long_long, true}, {ColumnType::float_, false},
        {ColumnType::double_, false},   {ColumnType::date, false},     {ColumnType::datetime, false},
        {ColumnType::timestamp, false}, {ColumnType::time, false},     {ColumnType::new_decimal, false},
        {ColumnType::null, false},      {ColumnType::year, true},
    };
    const auto row = bytes({0, 0, 0x40}) + bytes({0xff, 0xff, 0xfe, 0xff, 0xfd, 0xff, 0xff, 0xff}) +
                     std::string(8, '\xff') + bytes({0, 0, 0xc0, 0x3f}) + bytes({0, 0, 0, 0, 0, 0, 4, 0xc0}) +
                     bytes({4, 0xe8, 7, 1, 31}) + bytes({7, 0xe8, 7, 1, 31, 12, 0, 1}) +
                     bytes({11, 0xe8, 7, 1, 31, 12, 0, 1, 0x20, 0xa1, 7, 0}) + bytes({8, 1, 2, 0, 0, 0, 3, 4, 5}) +
                     bytes({5}) + "12.30" + bytes({0xe8, 7});
    auto values = parse_binary_row(row, columns);
    ASSERT_TRUE(values) << values.error().message;
    EXPECT_EQ(std::get<std::int64_t>((*values)[0]), -1);
    EXPECT_EQ(std::get<std::uint64_t>((*values)[1]), 255U);
    EXPECT_EQ(std::get<std::int64_t>((*values)[2]), -2);
    EXPECT_EQ(std::get<std::int64_t>((*values)[3]), -3);
    EXPECT_EQ(std::get<std::uint64_t>((*values)[4]), ~0ULL);
    EXPECT_EQ(std::get<float>((*values)[5]), 1.5F);
    EXPECT_EQ(std::get<double>((*values)[6]), -2.5);
    EXPECT_EQ(to_text((*values)[7], ColumnType::date), "2024-01-31");
    EXPECT_EQ(to_text((*values)[8], ColumnType::datetime), "2024-01-31 12:00:01");
    EXPECT_EQ(to_text((*values)[9], ColumnType::timestamp, 3), "2024-01-31 12:00:01.500");
    EXPECT_EQ(to_text((*values)[10], ColumnType::time), "-51:04:05");
    EXPECT_EQ(to_text((*values)[11], ColumnType::new_decimal), "12.30");
    EXPECT_TRUE(std::holds_alternative<std::monostate>((*values)[12]));
    EXPECT_EQ(std::get<std::uint64_t>((*values)[13]), 2024U);

    std::string out;
    ASSERT_TRUE(build_binary_row(out, columns, *values));
    EXPECT_EQ(out, row);
    for (std::size_t cut = 0; cut < row.size(); ++cut) {
        EXPECT_FALSE(parse_binary_row(std::string_view(row).substr(0, cut), columns)) << cut;
    }
}

TEST(BinaryRow, refuses_unknown_types_lengths_and_leftovers) {
    const std::vector<BinaryColumn> unknown{{static_cast<ColumnType>(0x77), false}};
    EXPECT_FALSE(parse_binary_row(bytes({0, 0, 1}), unknown));
    const std::vector<BinaryColumn> date{{ColumnType::date, false}};
    EXPECT_FALSE(parse_binary_row(bytes({0, 0, 5, 1, 1, 1, 1, 1}), date));
    EXPECT_FALSE(parse_binary_row(bytes({0, 0, 0, 9}), date));
    EXPECT_FALSE(parse_binary_row(bytes({1, 0, 0}), date));
    std::string out;
    const std::vector<BinaryValue> text{std::string_view("x")};
    EXPECT_FALSE(build_binary_row(out, date, text));
    EXPECT_FALSE(build_binary_row(out, date, {}));
}

TEST(BinaryText, prints_floats_as_short_as_they_go) {
    EXPECT_EQ(to_text(0.1F, ColumnType::float_), "0.1");
    EXPECT_EQ(to_text(0.1, ColumnType::double_), "0.1");
    EXPECT_EQ(to_text(1e30, ColumnType::double_), "1e30");
    EXPECT_EQ(to_text(BinaryTime{}, ColumnType::time), "00:00:00");
    EXPECT_EQ(to_text(BinaryDateTime{}, ColumnType::date), "0000-00-00");
}

TEST(PrepareOk, survives_a_round_trip_with_and_without_the_metadata_byte) {
    for (const auto& payload :
         {bytes({0, 7, 0, 0, 0, 2, 0, 1, 0, 0, 3, 0}), bytes({0, 7, 0, 0, 0, 2, 0, 1, 0, 0, 3, 0, 0})}) {
        auto ok = parse_prepare_ok(payload);
        ASSERT_TRUE(ok);
        EXPECT_EQ(ok->statement_id, 7U);
        EXPECT_EQ(ok->columns, 2);
        EXPECT_EQ(ok->parameters, 1);
        EXPECT_EQ(ok->warnings, 3);
        std::string out;
        build_prepare_ok(out, *ok);
        EXPECT_EQ(out, payload);
    }
    EXPECT_FALSE(parse_prepare_ok(bytes({0, 7, 0, 0})));
    EXPECT_FALSE(parse_prepare_ok(bytes({1, 7, 0, 0, 0, 2, 0, 1, 0, 0, 3, 0})));
}

}  // namespace
}  // namespace sabil::mysql
