#include "mysql/wire/session_state.h"

#include "cache/base/bytes.h"
#include "mysql/wire/length_encoded.h"

namespace sabil::mysql {

namespace {

// Reads one change's data by its type; false where it does not fit.
bool read_change(SessionStateChange& change, std::string_view data) {
    ByteReader in(data);
    switch (change.raw_type) {
        case 0:
            change.type = SessionStateType::system_variable;
            change.name = read_length_encoded_string(in);
            change.value = read_length_encoded_string(in);
            break;
        case 1:
        case 2:
        case 4:
        case 5:
            change.type = static_cast<SessionStateType>(change.raw_type);
            change.value = read_length_encoded_string(in);
            break;
        case 3:
            change.type = SessionStateType::gtids;
            in.skip(1);  // encoding specification; 0 = text, the only one
            change.value = read_length_encoded_string(in);
            break;
        default:
            change.type = SessionStateType::unknown;
            change.value = in.take_rest();
    }
    return in.ok();
}

}  // namespace

Result<SessionStateChanges> parse_session_state(std::string_view block) {
    SessionStateChanges changes;
    ByteReader in(block);
    while (in.ok() && !in.at_end()) {
        SessionStateChange change;
        change.raw_type = in.u8();
        const auto data = read_length_encoded_string(in);
        if (!in.ok() || changes.size() == session_state_changes_count_max) break;
        // MariaDB packs several variables into one entry.
        ByteReader rest(data);
        do {
            SessionStateChange one;
            one.raw_type = change.raw_type;
            if (change.raw_type == 0) {
                one.type = SessionStateType::system_variable;
                one.name = read_length_encoded_string(rest);
                one.value = read_length_encoded_string(rest);
                if (!rest.ok()) return fail(ErrorCode::protocol, "a session state change is cut short");
            } else if (!read_change(one, rest.take_rest())) {
                return fail(ErrorCode::protocol, "a session state change is cut short");
            }
            changes.push_back(std::move(one));
        } while (!rest.at_end() && changes.size() < session_state_changes_count_max);
    }
    if (!in.ok() || !in.at_end())
        return fail(ErrorCode::protocol, "the session state changes are cut short or too many");
    return changes;
}

std::string build_session_state(const SessionStateChanges& changes) {
    std::string out;
    ByteWriter w(out);
    for (const auto& change : changes) {
        std::string data;
        ByteWriter d(data);
        switch (change.type) {
            case SessionStateType::system_variable:
                write_length_encoded_string(d, change.name);
                write_length_encoded_string(d, change.value);
                break;
            case SessionStateType::gtids:
                d.u8(0);
                write_length_encoded_string(d, change.value);
                break;
            case SessionStateType::unknown:
                d.bytes(change.value);
                break;
            default:
                write_length_encoded_string(d, change.value);
        }
        w.u8(change.type == SessionStateType::unknown ? change.raw_type : static_cast<std::uint8_t>(change.type));
        write_length_encoded_string(w, data);
    }
    return out;
}

std::string_view tracked_gtid(const SessionStateChanges& changes) noexcept {
    for (auto it = changes.rbegin(); it != changes.rend(); ++it) {
        if (it->type == SessionStateType::gtids) return it->value;
        if (it->type == SessionStateType::system_variable && it->name == "last_gtid") return it->value;
    }
    return {};
}

}  // namespace sabil::mysql
