#include "proxy/mysql_front/state_filter.h"

#include <algorithm>
#include <cctype>

#include "cache/base/bytes.h"
#include "mysql/wire/length_encoded.h"
#include "mysql/wire/status_flags.h"

namespace sabil::proxy::mysql_front {
namespace {

using mysql::SessionStateType;

bool same_letters(std::string_view a, std::string_view b) noexcept {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
        return std::tolower(x) == std::tolower(y);
    });
}

// The changes that the client asked to hear of, still encoded.
std::string kept_changes(std::string_view block, const TrackingSettings& settings) {
    std::string kept;
    ByteReader in(block);
    while (in.ok() && !in.at_end()) {
        const auto begin = in.position();
        const auto type = static_cast<SessionStateType>(in.u8());
        const auto data = mysql::read_length_encoded_string(in);
        if (!in.ok()) break;
        bool keep = true;
        if (type == SessionStateType::system_variable) {
            ByteReader fields(data);
            keep = list_names_variable(settings.system_variables, mysql::read_length_encoded_string(fields));
        } else if (type == SessionStateType::schema) {
            keep = settings.schema;
        } else if (type == SessionStateType::state_change) {
            keep = settings.state_change;
        } else if (type == SessionStateType::gtids) {
            keep = settings.gtids;
        }
        if (keep) kept.append(block.substr(begin, in.position() - begin));
    }
    return kept;
}

}  // namespace

Result<mysql::SessionStateChanges> read_session_changes(std::string_view block) {
    std::string others;
    bool changed = false;
    ByteReader in(block);
    while (in.ok() && !in.at_end()) {
        const auto begin = in.position();
        const auto type = static_cast<SessionStateType>(in.u8());
        const auto data = mysql::read_length_encoded_string(in);
        if (type == SessionStateType::state_change) {
            changed = changed || data.ends_with('1');
        } else {
            others.append(block.substr(begin, in.position() - begin));
        }
    }
    if (!in.ok()) return fail(ErrorCode::protocol, "the reports of session changes are cut short");
    auto changes = mysql::parse_session_state(others);
    if (changes && changed) changes->push_back({SessionStateType::state_change, "", "1", 2});
    return changes;
}

bool list_names_variable(std::string_view list, std::string_view name) noexcept {
    while (!list.empty()) {
        const auto comma = list.find(',');
        auto item = list.substr(0, comma);
        while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
        while (!item.empty() && item.back() == ' ') item.remove_suffix(1);
        if (item == "*" || same_letters(item, name)) return true;
        if (comma == std::string_view::npos) break;
        list.remove_prefix(comma + 1);
    }
    return false;
}

bool is_eof_with_changes(std::string_view payload) noexcept {
    return payload.size() == 5 && payload.front() == '\xfe' &&
           (static_cast<unsigned char>(payload[4]) & mysql::status::session_state_changed >> 8) != 0;
}

bool reports_session_state(std::string_view payload) noexcept {
    if (payload.empty() || (payload.front() != '\0' && payload.front() != '\xfe')) return false;
    ByteReader in(payload);
    in.skip(1);
    (void)mysql::read_length_encoded(in);
    (void)mysql::read_length_encoded(in);
    const auto flags = in.u16();
    return in.ok() && (flags & mysql::status::session_state_changed) != 0;
}

void append_filtered_ok(std::string& out, std::string_view payload, bool client_tracks,
                        const TrackingSettings& settings, bool always_marked) {
    if (is_eof_with_changes(payload)) {
        out.append(payload.substr(0, 4));
        out.push_back(static_cast<char>(payload[4] & ~(mysql::status::session_state_changed >> 8)));
        return;
    }
    ByteReader in(payload);
    in.skip(1);
    (void)mysql::read_length_encoded(in);
    (void)mysql::read_length_encoded(in);
    const auto flags_at = in.position();
    const auto flags = in.u16();
    (void)in.u16();
    const auto message_at = in.position();
    const auto message = mysql::read_length_encoded_string(in);
    const auto message_end = in.position();
    const auto block = mysql::read_length_encoded_string(in);
    if (!in.ok() || (flags & mysql::status::session_state_changed) == 0) {
        out.append(payload);
        return;
    }
    const auto kept = client_tracks ? kept_changes(block, settings) : std::string();
    const bool marked = !kept.empty() || (client_tracks && (always_marked || block.empty()));
    ByteWriter writer(out);
    writer.bytes(payload.substr(0, flags_at));
    writer.u16(!marked ? static_cast<std::uint16_t>(flags & ~mysql::status::session_state_changed) : flags);
    writer.bytes(payload.substr(flags_at + 2, message_at - flags_at - 2));
    if (!marked) {
        if (!message.empty()) writer.bytes(payload.substr(message_at, message_end - message_at));
        return;
    }
    writer.bytes(payload.substr(message_at, message_end - message_at));
    mysql::write_length_encoded_string(writer, kept);
}

}  // namespace sabil::proxy::mysql_front
