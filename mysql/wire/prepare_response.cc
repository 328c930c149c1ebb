#include "mysql/wire/prepare_response.h"

#include "cache/base/bytes.h"

namespace sabil::mysql {

Result<PrepareOk> parse_prepare_ok(std::string_view payload) {
    ByteReader in(payload);
    if (in.u8() != 0x00) return fail(ErrorCode::protocol, "the packet is no answer to COM_STMT_PREPARE");
    PrepareOk ok;
    ok.statement_id = in.u32();
    ok.columns = in.u16();
    ok.parameters = in.u16();
    if (in.ok() && in.at_end()) return ok;  // 4.1.0 and 4.1.1
    in.skip(1);
    ok.warnings = in.u16();
    if (in.ok() && !in.at_end()) {
        ok.has_metadata_byte = true;
        ok.metadata_follows = in.u8() != 0;
    }
    if (!in.ok()) return fail(ErrorCode::protocol, "the answer to COM_STMT_PREPARE is cut short");
    return ok;
}

void build_prepare_ok(std::string& out, const PrepareOk& ok) {
    ByteWriter w(out);
    w.u8(0);
    w.u32(ok.statement_id);
    w.u16(ok.columns);
    w.u16(ok.parameters);
    w.u8(0);
    w.u16(ok.warnings);
    if (ok.has_metadata_byte) w.u8(ok.metadata_follows ? 1 : 0);
}

}  // namespace sabil::mysql
