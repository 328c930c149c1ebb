// LZF, the compression of long strings in RDB files. A stream of
//   000nnnnn | n+1 bytes                       literal bytes
//   nnnddddd | dddddddd                        copy n+2 bytes (n 1..6) from d+1 bytes back
//   111ddddd | nnnnnnnn | dddddddd             copy n+9 bytes
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sabil::cache {

// nullopt where it would not get smaller. Thread-safety: pure.
std::optional<std::string> lzf_compress(std::string_view bytes);
// Into exactly size bytes; nullopt where the stream is not that of size bytes.
std::optional<std::string> lzf_decompress(std::string_view stream, std::size_t size);
// No stream of that many bytes unpacks to more.
constexpr std::size_t lzf_most_bytes(std::size_t stream_bytes) noexcept {
    return stream_bytes / 3 * 264 + 264;
}

}  // namespace sabil::cache
