#include "proxy/mysql_front/session_identity.h"

#include <charconv>

#include "mysql/wire/text_row.h"

namespace sabil::proxy::mysql_front {
namespace {

using invalidation::sql::Dialect;

bool has_roles(ServerKind server) noexcept {
    return server.dialect == Dialect::mariadb ? server.version >= 100005 : server.version >= 80000;
}

bool tracks_gtids(ServerKind server) noexcept {
    return server.dialect == Dialect::mysql && server.version >= 50706;
}

bool is_on(std::string_view value) noexcept { return value == "1" || value == "ON" || value == "on"; }

std::string quoted(std::string_view value) {
    std::string out = "'";
    for (char c : value) {
        if (c == '\'') out.push_back('\'');
        out.push_back(c);
    }
    out.push_back('\'');
    return out;
}

}  // namespace

std::string identity_query(ServerKind server) {
    std::string text = "SELECT CURRENT_USER(),";
    text += has_roles(server) ? "CURRENT_ROLE()" : "NULL";
    text += ",DATABASE()";
    text += ",@@autocommit,@@sql_log_bin,@@wait_timeout"
            ",@@session_track_system_variables,@@session_track_schema,@@session_track_state_change,";
    text += tracks_gtids(server) ? "@@session_track_gtids" : "NULL";
    for (const auto& variable : key_variables) {
        text += server_has(variable, server.dialect, server.version) ? ",@@" + std::string(variable.name) : ",NULL";
    }
    return text;
}

Result<SessionIdentity> parse_identity(std::string_view row, ServerKind server) {
    constexpr std::size_t fixed_columns = 10;
    auto fields = mysql::parse_text_row(row, fixed_columns + key_variables.size());
    if (!fields) return tl::unexpected(std::move(fields.error()));
    auto text = [&](std::size_t i) { return std::string((*fields)[i].value_or(std::string_view{})); };
    SessionIdentity identity;
    identity.account = text(0);
    identity.role = text(1);
    if (server.dialect == Dialect::mysql && identity.role == "NONE") identity.role.clear();
    identity.schema = text(2);
    identity.autocommit = is_on(text(3));
    identity.sql_log_bin = is_on(text(4));
    unsigned seconds = 28800;
    const auto wait = text(5);
    std::from_chars(wait.data(), wait.data() + wait.size(), seconds);
    identity.wait_timeout = std::chrono::seconds(seconds);
    identity.tracking = {text(6), is_on(text(7)), is_on(text(8)), !text(9).empty() && text(9) != "OFF"};
    for (std::size_t i = 0; i < key_variables.size(); ++i) identity.variables[i] = text(fixed_columns + i);
    if (identity.account.empty()) return fail(ErrorCode::protocol, "the server gave no CURRENT_USER()");
    return identity;
}

std::string tracking_query(ServerKind server) {
    std::string text = "SET session_track_system_variables='*',session_track_schema=1,session_track_state_change=1";
    if (tracks_gtids(server)) text += ",session_track_gtids=OWN_GTID";
    return text;
}

std::string untracking_query(ServerKind server, const TrackingSettings& settings) {
    std::string text = "SET session_track_system_variables=" + quoted(settings.system_variables) +
                       ",session_track_schema=" + (settings.schema ? "1" : "0") +
                       ",session_track_state_change=" + (settings.state_change ? "1" : "0");
    if (tracks_gtids(server)) text += std::string(",session_track_gtids=") + (settings.gtids ? "OWN_GTID" : "OFF");
    return text;
}

}  // namespace sabil::proxy::mysql_front
