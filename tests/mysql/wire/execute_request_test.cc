#include "mysql/wire/execute_request.h"

#include <gtest/gtest.h>

#include "mysql/wire/change_user.h"
#include "mysql/wire/query_request.h"
#include "tests/mysql/wire/packet_bytes.h"

namespace sabil::mysql {
namespace {

using testing::bytes;

TEST(ExecuteRequest, reads_types_nulls_and_values) {
    const auto payload = bytes({0x17, 9, 0, 0, 0, 0, 1, 0, 0, 0, 0x02, 1, 8, 0x80, 6, 0, 0xfd, 0}) +
                         bytes({5, 0, 0, 0, 0, 0, 0, 0, 2}) + "ab";
    std::vector<ParameterType> remembered;
    auto request = parse_execute(payload, 0, 3, remembered);
    ASSERT_TRUE(request) << request.error().message;
    EXPECT_EQ(request->statement_id, 9U);
    ASSERT_EQ(request->parameters.size(), 3U);
    EXPECT_EQ(std::get<std::uint64_t>(request->parameters[0].value), 5U);
    EXPECT_TRUE(std::holds_alternative<std::monostate>(request->parameters[1].value));
    EXPECT_EQ(std::get<std::string_view>(request->parameters[2].value), "ab");
    EXPECT_EQ(remembered.size(), 3U);

    std::string out;
    ASSERT_TRUE(build_execute(out, *request, 0));
    EXPECT_EQ(out, payload);
    for (std::size_t cut = 0; cut < payload.size(); ++cut) {
        std::vector<ParameterType> none;
        EXPECT_FALSE(parse_execute(std::string_view(payload).substr(0, cut), 0, 3, none)) << cut;
    }
}

TEST(ExecuteRequest, takes_the_types_of_the_execution_before) {
    const auto again = bytes({0x17, 9, 0, 0, 0, 0, 1, 0, 0, 0, 0x00, 0, 7, 1, 'x'});
    std::vector<ParameterType> remembered;
    EXPECT_FALSE(parse_execute(again, 0, 2, remembered));
    remembered = {{{ColumnType::tiny, false}, ""}, {{ColumnType::var_string, false}, ""}};
    auto request = parse_execute(again, 0, 2, remembered);
    ASSERT_TRUE(request) << request.error().message;
    EXPECT_EQ(std::get<std::int64_t>(request->parameters[0].value), 7);
    EXPECT_EQ(std::get<std::string_view>(request->parameters[1].value), "x");
}

TEST(ExecuteRequest, long_data_has_a_type_and_no_value) {
    const auto payload = bytes({0x17, 9, 0, 0, 0, 0, 1, 0, 0, 0, 0x00, 1, 0xfc, 0, 1, 0, 3});
    std::vector<ParameterType> remembered;
    auto request = parse_execute(payload, 0, 2, remembered, {true});
    ASSERT_TRUE(request) << request.error().message;
    EXPECT_TRUE(request->parameters[0].long_data);
    EXPECT_EQ(std::get<std::int64_t>(request->parameters[1].value), 3);
    std::string out;
    ASSERT_TRUE(build_execute(out, *request, 0));
    EXPECT_EQ(out, payload);
}

TEST(ExecuteRequest, carries_query_attributes) {
    ExecuteRequest request;
    request.statement_id = 3;
    request.attributes_begin = 1;
    request.parameters.push_back({"", {ColumnType::tiny, false}, std::int64_t{5}, false});
    request.parameters.push_back({"trace", {ColumnType::var_string, false}, std::string_view("t-1"), false});
    std::string out;
    EXPECT_FALSE(build_execute(out, request, 0));
    out.clear();
    ASSERT_TRUE(build_execute(out, request, capability::query_attributes));
    std::vector<ParameterType> remembered;
    auto back = parse_execute(out, capability::query_attributes, 1, remembered);
    ASSERT_TRUE(back) << back.error().message;
    ASSERT_EQ(back->parameters.size(), 2U);
    EXPECT_EQ(back->attributes_begin, 1U);
    EXPECT_EQ(back->parameters[1].name, "trace");
    EXPECT_EQ(std::get<std::string_view>(back->parameters[1].value), "t-1");
}

TEST(ExecuteRequest, refuses_counts_that_cannot_be) {
    std::vector<ParameterType> remembered;
    EXPECT_FALSE(parse_execute(bytes({0x17, 9, 0, 0, 0, 0, 1, 0, 0, 0, 0}), 0, 65535, remembered));
    const auto fewer = bytes({0x17, 9, 0, 0, 0, 8, 1, 0, 0, 0, 1, 0, 1, 1, 0, 0, 5});
    EXPECT_FALSE(parse_execute(fewer, capability::query_attributes, 2, remembered));
    const auto huge = bytes({0x17, 9, 0, 0, 0, 8, 1, 0, 0, 0, 0xfe, 255, 255, 255, 255, 255, 255, 255, 255});
    EXPECT_FALSE(parse_execute(huge, capability::query_attributes, 0, remembered));
}

TEST(StatementCommands, give_their_statement) {
    auto id = statement_id_of(bytes({0x19, 1, 2, 0, 0}));
    ASSERT_TRUE(id);
    EXPECT_EQ(*id, 0x201U);
    EXPECT_FALSE(statement_id_of(bytes({0x19, 1, 2, 0})));
    const auto payload = bytes({0x18, 1, 0, 0, 0, 2, 0}) + "part";
    auto data = parse_send_long_data(payload);
    ASSERT_TRUE(data);
    EXPECT_EQ(data->parameter, 2);
    EXPECT_EQ(data->data, "part");
    EXPECT_FALSE(parse_send_long_data(bytes({0x18, 1, 0, 0, 0, 2})));
}

TEST(QueryRequest, reads_text_with_and_without_attributes) {
    const auto text = bytes({3}) + "SELECT 1";
    auto plain = parse_query(text, 0);
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->text, "SELECT 1");

    std::vector<Parameter> attributes{{"n", {ColumnType::long_long, false}, std::int64_t{-2}, false},
                                      {"z", {ColumnType::null, false}, std::monostate{}, false}};
    std::string out;
    ASSERT_TRUE(build_query(out, "SELECT 2", capability::query_attributes, attributes));
    auto back = parse_query(out, capability::query_attributes);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->text, "SELECT 2");
    ASSERT_EQ(back->attributes.size(), 2U);
    EXPECT_EQ(back->attributes[0].name, "n");
    EXPECT_EQ(std::get<std::int64_t>(back->attributes[0].value), -2);
    EXPECT_FALSE(build_query(out, "SELECT 2", 0, attributes));

    const auto no_attributes = bytes({3, 0, 1}) + "SELECT 3";
    auto none = parse_query(no_attributes, capability::query_attributes);
    ASSERT_TRUE(none);
    EXPECT_EQ(none->text, "SELECT 3");
    EXPECT_FALSE(parse_query(bytes({3, 5}), capability::query_attributes));
    EXPECT_FALSE(parse_query(bytes({3, 200, 1, 0}), capability::query_attributes));
}

TEST(ChangeUser, survives_a_round_trip) {
    const auto caps = capability::secure_connection | capability::plugin_auth | capability::connect_attrs;
    ChangeUserRequest request;
    request.user = "web";
    request.auth_response = "answer";
    request.database = "news";
    request.collation = 255;
    request.auth_plugin = "mysql_native_password";
    request.attributes = {{"k", "v"}};
    std::string out;
    build_change_user(out, request, caps);
    auto back = parse_change_user(out, caps);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->user, request.user);
    EXPECT_EQ(back->auth_response, request.auth_response);
    EXPECT_EQ(back->database, request.database);
    EXPECT_EQ(back->collation, 255);
    EXPECT_EQ(back->auth_plugin, request.auth_plugin);
    EXPECT_EQ(back->attributes, request.attributes);

    auto shorter = parse_change_user(bytes({0x11}) + "u" + bytes({0, 0, 0}), caps);
    ASSERT_TRUE(shorter) << shorter.error().message;
    EXPECT_EQ(shorter->collation, 0);
    EXPECT_FALSE(parse_change_user(bytes({0x11}) + "u" + bytes({0, 5, 'a'}), caps));
}

}  // namespace
}  // namespace sabil::mysql
