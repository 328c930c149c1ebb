#include "cache/persist/crc64.h"

#include <array>
#include <cstring>

namespace sabil::cache {
namespace {

constexpr std::uint64_t reversed_polynomial = 0x95ac9329ac4bc9b5ULL;  // the bits of 0xad93d23594c935a9 back to front

using Tables = std::array<std::array<std::uint64_t, 256>, 8>;

// tables[k][b]: what byte b does to the remainder k bytes later, so that eight bytes are taken in one step.
constexpr Tables make_tables() noexcept {
    Tables tables{};
    for (std::uint64_t byte = 0; byte < 256; ++byte) {
        auto crc = byte;
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ reversed_polynomial : crc >> 1;
        tables[0][byte] = crc;
    }
    for (std::size_t byte = 0; byte < 256; ++byte) {
        for (std::size_t k = 1; k < 8; ++k) {
            const auto before = tables[k - 1][byte];
            tables[k][byte] = tables[0][before & 0xff] ^ before >> 8;
        }
    }
    return tables;
}

constexpr Tables tables = make_tables();

}  // namespace

std::uint64_t crc64(std::uint64_t crc, std::string_view bytes) noexcept {
    while (bytes.size() >= 8) {
        std::uint64_t word;
        std::memcpy(&word, bytes.data(), sizeof word);
        crc ^= word;
        std::uint64_t next = 0;
        for (unsigned k = 0; k < 8; ++k) next ^= tables[7 - k][crc >> (8 * k) & 0xff];
        crc = next;
        bytes.remove_prefix(8);
    }
    for (char c : bytes) crc = tables[0][(crc ^ static_cast<unsigned char>(c)) & 0xff] ^ crc >> 8;
    return crc;
}

}  // namespace sabil::cache
