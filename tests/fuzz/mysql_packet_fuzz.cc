// Every packet parser; what parses must survive being built and parsed again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mysql/wire/auth_switch_request.h"
#include "mysql/wire/change_user.h"
#include "mysql/wire/column_definition.h"
#include "mysql/wire/eof_packet.h"
#include "mysql/wire/err_packet.h"
#include "mysql/wire/execute_request.h"
#include "mysql/wire/greeting.h"
#include "mysql/wire/handshake_response.h"
#include "mysql/wire/ok_packet.h"
#include "mysql/wire/prepare_response.h"
#include "mysql/wire/query_request.h"
#include "mysql/wire/text_row.h"

using namespace sabil::mysql;

namespace {

void check(bool good) {
    if (!good) std::abort();
}

void login_packets(std::string_view in, Capabilities capabilities) {
    if (auto greeting = parse_greeting(in)) {
        std::string out;
        build_greeting(out, *greeting);
        check(parse_greeting(out).has_value());
    }
    if (auto response = parse_handshake_response(in)) {
        std::string out;
        build_handshake_response(out, *response);
        auto again = parse_handshake_response(out);
        check(again && again->user == response->user && again->database == response->database);
    }
    if (auto request = parse_change_user(in, capabilities)) {
        std::string out;
        build_change_user(out, *request, capabilities);
        check(parse_change_user(out, capabilities).has_value());
    }
    if (auto request = parse_auth_switch_request(in)) {
        std::string out;
        build_auth_switch_request(out, *request);
        check(out == in);
    }
    (void)parse_ssl_request(in);
}

void answer_packets(std::string_view in, Capabilities capabilities) {
    if (auto ok = parse_ok(in, capabilities)) {
        (void)parse_session_state(ok->session_state);
        std::string out;
        build_ok(out, *ok, capabilities);
        auto again = parse_ok(out, capabilities);
        check(again && again->message == ok->message && again->affected_rows == ok->affected_rows);
    }
    if (auto changes = parse_session_state(in)) {
        auto again = parse_session_state(build_session_state(*changes));
        check(again && again->size() == changes->size());
    }
    if (auto err = parse_err(in)) {
        std::string out;
        build_err(out, *err);
        check(parse_err(out).has_value());
    }
    (void)parse_eof(in);
    (void)parse_prepare_ok(in);
    if (auto column = parse_column_definition(in, capabilities)) {
        (void)parse_extended_metadata(column->extended);
        std::string out;
        build_column_definition(out, *column, capabilities);
        check(parse_column_definition(out, capabilities).has_value());
    }
}

void rows_and_parameters(std::string_view in, Capabilities capabilities, std::size_t count) {
    if (auto row = parse_text_row(in, count)) {
        std::string out;
        for (const auto& field : *row) append_text_field(out, field);
        check(parse_text_row(out, count).has_value());
    }
    std::vector<BinaryColumn> columns;
    for (std::size_t i = 0; i < count; ++i) {
        columns.push_back({static_cast<ColumnType>(i < in.size() ? in[i] : 3), (i & 1) != 0});
    }
    if (auto row = parse_binary_row(in, columns)) {
        std::string out;
        if (build_binary_row(out, columns, *row)) check(parse_binary_row(out, columns).has_value());
        for (std::size_t i = 0; i < count; ++i) (void)to_text((*row)[i], columns[i].type);
    }
    std::vector<ParameterType> remembered;
    if (auto request = parse_execute(in, capabilities, count, remembered, {true, false})) {
        std::string out;
        if (build_execute(out, *request, capabilities)) {
            std::vector<ParameterType> fresh;
            check(parse_execute(out, capabilities, count, fresh, {true, false}).has_value());
        }
    }
    if (auto query = parse_query(in, capabilities)) {
        std::string out;
        if (build_query(out, query->text, capabilities, query->attributes)) {
            auto again = parse_query(out, capabilities);
            check(again && again->text == query->text);
        }
    }
    (void)parse_send_long_data(in);
    (void)statement_id_of(in);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    Capabilities capabilities = capability::protocol_41;
    if ((data[0] & 1) != 0) capabilities |= capability::session_track;
    if ((data[0] & 2) != 0) capabilities |= capability::query_attributes;
    if ((data[0] & 4) != 0) capabilities |= capability::mariadb_extended_metadata;
    if ((data[0] & 8) != 0) capabilities |= capability::secure_connection;
    if ((data[0] & 16) != 0) capabilities |= capability::plugin_auth | capability::connect_attrs;
    const std::string_view in(reinterpret_cast<const char*>(data) + 2, size - 2);
    login_packets(in, capabilities);
    answer_packets(in, capabilities);
    rows_and_parameters(in, capabilities, data[1] % 20);
    return 0;
}
