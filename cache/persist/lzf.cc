#include "cache/persist/lzf.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace sabil::cache {
namespace {

constexpr std::size_t farthest_bytes = 8192;
constexpr std::size_t longest_copy_bytes = 264;
constexpr std::size_t longest_literal_bytes = 32;
constexpr std::size_t shortest_copy_bytes = 3;
constexpr unsigned table_bits = 14;

unsigned byte(std::string_view bytes, std::size_t at) noexcept {
    return static_cast<unsigned char>(bytes[at]);
}

std::size_t slot_of(std::string_view bytes, std::size_t at) noexcept {
    const auto three = byte(bytes, at) << 16 | byte(bytes, at + 1) << 8 | byte(bytes, at + 2);
    return three * 2654435761U >> (32 - table_bits);
}

void write_literals(std::string& out, std::string_view literals) {
    while (!literals.empty()) {
        const auto n = std::min(literals.size(), longest_literal_bytes);
        out.push_back(static_cast<char>(n - 1));
        out.append(literals.substr(0, n));
        literals.remove_prefix(n);
    }
}

void write_copy(std::string& out, std::size_t distance, std::size_t length) {
    const auto back = distance - 1;
    const auto n = length - 2;
    if (n < 7) {
        out.push_back(static_cast<char>(n << 5 | back >> 8));
    } else {
        out.push_back(static_cast<char>(7U << 5 | back >> 8));
        out.push_back(static_cast<char>(n - 7));
    }
    out.push_back(static_cast<char>(back));
}

// Where each three bytes were last seen. Positions go on from one text to the next, so that short ones do not pay for
// emptying the table.
struct LastSeen {
    std::array<std::uint32_t, std::size_t{1} << table_bits> positions{};
    std::uint32_t begin = 1;  // of the text at hand; smaller ones are of others

    void begin_text(std::size_t size) noexcept {
        if (size >= UINT32_MAX - begin) {
            positions.fill(0);
            begin = 1;
        }
    }
    void end_text(std::size_t size) noexcept {
        begin = size >= UINT32_MAX - begin ? UINT32_MAX : static_cast<std::uint32_t>(begin + size);
    }
};

std::optional<std::string> compress(std::string_view bytes, LastSeen& last_seen) {
    std::string out;
    out.reserve(bytes.size());
    std::size_t literal_start = 0;
    std::size_t at = 0;
    while (at + shortest_copy_bytes <= bytes.size() && at < UINT32_MAX - last_seen.begin) {
        auto& seen = last_seen.positions[slot_of(bytes, at)];
        const bool known = seen >= last_seen.begin;
        const std::size_t from = known ? seen - last_seen.begin : 0;
        seen = static_cast<std::uint32_t>(last_seen.begin + at);
        const bool near = known && at - from <= farthest_bytes;
        if (!near || std::memcmp(&bytes[from], &bytes[at], shortest_copy_bytes) != 0) {
            ++at;
            continue;
        }
        const auto most = std::min(longest_copy_bytes, bytes.size() - at);
        auto length = shortest_copy_bytes;
        while (length < most && bytes[from + length] == bytes[at + length]) ++length;
        write_literals(out, bytes.substr(literal_start, at - literal_start));
        write_copy(out, at - from, length);
        at += length;
        literal_start = at;
        if (out.size() >= bytes.size()) return std::nullopt;
    }
    write_literals(out, bytes.substr(literal_start));
    if (out.size() >= bytes.size()) return std::nullopt;
    return out;
}

}  // namespace

std::optional<std::string> lzf_compress(std::string_view bytes) {
    thread_local LastSeen last_seen;
    last_seen.begin_text(bytes.size());
    auto packed = compress(bytes, last_seen);
    last_seen.end_text(bytes.size());
    return packed;
}

std::optional<std::string> lzf_decompress(std::string_view stream, std::size_t size) {
    if (size > lzf_most_bytes(stream.size())) return std::nullopt;
    std::string out;
    out.reserve(size);
    for (std::size_t at = 0; at < stream.size();) {
        const auto control = byte(stream, at++);
        if (control < 32) {
            const std::size_t n = control + 1;
            if (n > stream.size() - at || n > size - out.size()) return std::nullopt;
            out.append(stream.substr(at, n));
            at += n;
            continue;
        }
        std::size_t n = control >> 5;
        if (n == 7) {
            if (at == stream.size()) return std::nullopt;
            n += byte(stream, at++);
        }
        n += 2;
        if (at == stream.size()) return std::nullopt;
        const std::size_t distance = ((control & 31U) << 8 | byte(stream, at++)) + 1;
        if (distance > out.size() || n > size - out.size()) return std::nullopt;
        // Byte by byte: a copy may run into what it has just written.
        for (auto from = out.size() - distance; n > 0; --n, ++from) out.push_back(out[from]);
    }
    if (out.size() != size) return std::nullopt;
    return out;
}

}  // namespace sabil::cache
