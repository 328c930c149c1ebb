#include "mysql/wire/err_packet.h"

#include "cache/base/bytes.h"

namespace sabil::mysql {

Result<ErrPacket> parse_err(std::string_view payload) {
    ByteReader in(payload);
    if (in.u8() != 0xff) return fail(ErrorCode::protocol, "the packet is no ERR");
    ErrPacket err;
    err.number = in.u16();
    if (in.peek_u8() == '#') {
        in.skip(1);
        err.sql_state = in.take(5);
    }
    err.message = in.take_rest();
    if (!in.ok()) return fail(ErrorCode::protocol, "an ERR packet is cut short");
    return err;
}

void build_err(std::string& out, const ErrPacket& err) {
    ByteWriter w(out);
    w.u8(0xff);
    w.u16(err.number);
    if (err.sql_state.size() == 5) {
        w.u8('#');
        w.bytes(err.sql_state);
    }
    w.bytes(err.message);
}

Error to_error(const ErrPacket& err) {
    auto code = ErrorCode::server;
    switch (err.number) {
        case 1044:  // no access to the database
        case 1045:  // user or password
        case 1130:  // host
        case 1142:  // no privilege on the table
        case 1143:  // ... on the column
        case 1227:  // no such privilege
        case 1698:  // user, without a password
        case 1862:  // password expired
        case 3118:  // account locked
        case 4151:
            code = ErrorCode::denied;
            break;  // account locked, MariaDB
        default:
            break;
    }
    return Error{code, std::string(err.message), err.number};
}

}  // namespace sabil::mysql
