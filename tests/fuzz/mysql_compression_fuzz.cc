// The compressed protocol: the same bytes, cut in two ways, must unpack to the same; what was packed must come back.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mysql/wire/compression.h"

using namespace sabil::mysql;

namespace {

constexpr std::size_t plain_bytes_max = 1 << 20;  // enough of a bomb

void check(bool good) {
    if (!good) std::abort();
}

struct Outcome {
    std::string plain;
    bool failed = false;
    bool at_rest = false;
};

Outcome unpack(CompressionAlgorithm algorithm, std::string_view packed, std::size_t in_step, std::size_t room_bytes) {
    Decompressor decompressor(algorithm);
    Outcome out;
    std::string room(room_bytes, '\0');
    std::size_t at = 0, given = 0;
    while (out.plain.size() < plain_bytes_max) {
        const auto done = decompressor.unpack(packed.substr(at, given - at), room);
        if (!done) {
            out.failed = true;
            break;
        }
        check(done->produced <= room.size() && done->consumed <= given - at);
        out.plain.append(room, 0, done->produced);
        at += done->consumed;
        if (done->consumed > 0 || done->produced > 0) continue;
        if (given == packed.size()) break;
        given = std::min(packed.size(), given + in_step);
    }
    out.at_rest = decompressor.at_rest();
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    const auto algorithm = (data[0] & 1) != 0 ? CompressionAlgorithm::zstd : CompressionAlgorithm::zlib;
    const std::size_t step = 1 + data[1], room = 1 + data[2] * 17;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
    const auto whole = unpack(algorithm, bytes, bytes.size() + 1, 1 << 16);
    const auto cut = unpack(algorithm, bytes, step, room);
    if (whole.plain.size() < plain_bytes_max && cut.plain.size() < plain_bytes_max) check(whole.failed == cut.failed);
    const auto common = std::min(whole.plain.size(), cut.plain.size());
    if (!whole.failed) check(whole.plain.compare(0, common, cut.plain, 0, common) == 0);
    if (bytes.empty()) return 0;
    std::string packed;
    Compressor compressor(algorithm, data[1]);
    compressor.pack(packed, data[2], bytes.substr(0, Compressor::plain_bytes_max));
    const auto back = unpack(algorithm, packed, step, room);
    check(!back.failed && back.at_rest && back.plain == bytes.substr(0, Compressor::plain_bytes_max));
    return 0;
}
