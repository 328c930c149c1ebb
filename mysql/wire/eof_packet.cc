#include "mysql/wire/eof_packet.h"

#include "cache/base/bytes.h"

namespace sabil::mysql {

Result<EofPacket> parse_eof(std::string_view payload) {
    ByteReader in(payload);
    if (in.u8() != 0xfe || payload.size() > eof_packet_bytes_max)
        return fail(ErrorCode::protocol, "the packet is no EOF");
    EofPacket eof;
    if (in.at_end()) return eof;
    eof.warnings = in.u16();
    eof.status = in.u16();
    if (!in.ok()) return fail(ErrorCode::protocol, "an EOF packet is cut short");
    return eof;
}

void build_eof(std::string& out, const EofPacket& eof) {
    ByteWriter w(out);
    w.u8(0xfe);
    w.u16(eof.warnings);
    w.u16(eof.status);
}

}  // namespace sabil::mysql
