#include "mysql/binlog/inflate.h"

#include <zlib.h>

#include "cache/base/bytes.h"

namespace sabil::mysql::binlog {

namespace {
// zlib cannot do better than about 1:1032, so a length beyond that is a lie and need not be allocated.
constexpr std::size_t ratio_max = 1100;
}  // namespace

bool inflate_exactly(std::string_view packed, std::size_t bytes, bool raw, std::string& out) {
    if (bytes > (packed.size() + 16) * ratio_max) return false;
    out.resize(bytes);
    z_stream stream{};
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(bytes);
    if (inflateInit2(&stream, raw ? -MAX_WBITS : MAX_WBITS) != Z_OK) return false;
    const int ended = inflate(&stream, Z_FINISH);
    const bool good = ended == Z_STREAM_END && stream.total_out == bytes;
    inflateEnd(&stream);
    return good;
}

Result<void> unpack_record(std::string_view record, std::size_t bytes_max, std::string& out) {
    ByteReader in(record);
    const auto head = in.u8();
    const auto length_bytes = static_cast<std::size_t>(head & 0x07);
    if ((head & 0x80) == 0 || length_bytes < 1 || length_bytes > 4) {
        return fail(ErrorCode::protocol, "a compressed event's record does not fit");
    }
    if ((head & 0x70) != 0) return fail(ErrorCode::unsupported, "a compressed event uses an unknown algorithm");
    const auto bytes = in.uint_be(length_bytes);
    if (bytes > bytes_max) {
        return fail(ErrorCode::out_of_range, "a compressed event unpacks to " + std::to_string(bytes) +
                                                 " bytes, over " + std::to_string(bytes_max));
    }
    if (!in.ok() || !inflate_exactly(in.rest(), static_cast<std::size_t>(bytes), false, out)) {
        return fail(ErrorCode::protocol, "a compressed event is damaged");
    }
    return {};
}

}  // namespace sabil::mysql::binlog
