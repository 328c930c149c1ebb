#include "mysql/wire/ok_packet.h"

#include "cache/base/bytes.h"
#include "mysql/wire/length_encoded.h"

namespace sabil::mysql {

Result<OkPacket> parse_ok(std::string_view payload, Capabilities capabilities) {
    ByteReader in(payload);
    OkPacket ok;
    ok.header = in.u8();
    if (ok.header != 0x00 && ok.header != 0xfe) return fail(ErrorCode::protocol, "the packet is no OK");
    ok.affected_rows = read_length_encoded(in);
    ok.last_insert_id = read_length_encoded(in);
    ok.status = in.u16();
    ok.warnings = in.u16();
    if (!has(capabilities, capability::session_track)) {
        ok.message = in.take_rest();
    } else if (!in.at_end()) {
        ok.message = read_length_encoded_string(in);
        if ((ok.status & status::session_state_changed) != 0 && !in.at_end()) {
            ok.session_state = read_length_encoded_string(in);
        }
    }
    if (!in.ok()) return fail(ErrorCode::protocol, "an OK packet is cut short");
    return ok;
}

void build_ok(std::string& out, const OkPacket& ok, Capabilities capabilities) {
    ByteWriter w(out);
    const bool tracked = has(capabilities, capability::session_track);
    const bool with_state = tracked && !ok.session_state.empty();
    auto flags = static_cast<StatusFlags>(ok.status & ~status::session_state_changed);
    if (with_state) flags = static_cast<StatusFlags>(flags | status::session_state_changed);
    w.u8(ok.header);
    write_length_encoded(w, ok.affected_rows);
    write_length_encoded(w, ok.last_insert_id);
    w.u16(flags);
    w.u16(ok.warnings);
    if (!tracked) {
        w.bytes(ok.message);
        return;
    }
    // As servers do: nothing at all where there is neither a message nor a change.
    if (with_state || !ok.message.empty()) write_length_encoded_string(w, ok.message);
    if (with_state) write_length_encoded_string(w, ok.session_state);
}

Result<void> translate_ok(std::string& out, std::string_view payload, Capabilities from, Capabilities to) {
    auto ok = parse_ok(payload, from);
    if (!ok) return tl::unexpected(ok.error());
    build_ok(out, *ok, to);
    return {};
}

}  // namespace sabil::mysql
