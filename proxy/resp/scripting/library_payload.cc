#include "proxy/resp/scripting/library_payload.h"

#include "cache/base/bytes.h"
#include "cache/persist/crc64.h"
#include "cache/persist/rdb_decoder.h"
#include "cache/persist/rdb_encoder.h"

namespace sabil::proxy::resp::scripting {
namespace {

constexpr std::size_t trailer_bytes = 2 + 8;

}  // namespace

std::string library_payload(std::span<const std::string_view> codes) {
    std::string out;
    cache::RdbEncoder encoder(out);
    for (const auto code : codes) {
        encoder.opcode(cache::rdb::Opcode::function);
        encoder.string(code);
    }
    encoder.little_endian(cache::rdb::written_version, 2);
    encoder.little_endian(cache::crc64(0, out), 8);
    return out;
}

LibraryCodes read_library_payload(std::string_view payload) {
    LibraryCodes out;
    const auto bad_frame = [&] {
        out.error = "DUMP payload version or checksum are wrong";
        return out;
    };
    if (payload.size() < trailer_bytes) return bad_frame();
    ByteReader trailer(payload.substr(payload.size() - trailer_bytes));
    const auto version = trailer.u16();
    const auto checksum = trailer.u64();
    if (version > cache::rdb::newest_version || checksum != cache::crc64(0, payload.substr(0, payload.size() - 8))) {
        return bad_frame();
    }
    cache::MemorySource source(payload.substr(0, payload.size() - trailer_bytes));
    cache::RdbDecoder decoder(source);
    while (!decoder.at_end()) {
        if (decoder.byte() != static_cast<std::uint8_t>(cache::rdb::Opcode::function)) {
            out.error = "given type is not a function";
            return out;
        }
        out.codes.push_back(decoder.string());
        if (!decoder.ok()) {
            out.error = "Failed loading library code";
            return out;
        }
    }
    return out;
}

}  // namespace sabil::proxy::resp::scripting
