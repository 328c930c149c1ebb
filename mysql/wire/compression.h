// The compressed protocol: the plain byte stream of packets, cut anywhere into frames.
// u24 bytes that follow, u8 sequence, u24 bytes they unpack to; 0 there: they are not compressed.
//
// Both directions work on streams piece by piece, so a frame that unpacks to far more than it is needs no more memory than
// the caller gives it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "cache/base/result.h"

namespace sabil::mysql {

enum class CompressionAlgorithm : std::uint8_t { zlib, zstd };

inline constexpr std::size_t compressed_header_bytes = 7;
inline constexpr int zstd_level_max = 22;
inline constexpr int zstd_level_default = 3;

// Thread-safety: one thread.
class Decompressor {
  public:
    explicit Decompressor(CompressionAlgorithm algorithm);
    ~Decompressor();
    Decompressor(const Decompressor&) = delete;
    Decompressor& operator=(const Decompressor&) = delete;

    struct Progress {
        std::size_t consumed = 0;
        std::size_t produced = 0;
    };
    // Unpacks what it can of `in` into `out`, and of one frame only: commands that a client sends in frames of their own,
    // without waiting, are answered in frames numbered after theirs. Nothing consumed and nothing produced: more input is needed, or `out` is
    // empty. Errors: protocol, where a frame is damaged or unpacks to other than it says; the stream is lost then.
    Result<Progress> unpack(std::string_view in, std::span<char> out);
    // Of the frame begun last; the answer's first frame has the next number.
    std::uint8_t sequence() const noexcept { return sequence_; }
    // Is it between two frames, with all of the last one given out?
    bool at_rest() const noexcept { return header_bytes_ == 0; }

  private:
    struct State;
    Result<void> begin_frame();
    Result<void> end_frame(bool progressed);
    Result<Progress> step(std::string_view in, std::span<char> out);
    Result<Progress> unpack_zlib(std::string_view in, std::span<char> out);
    Result<Progress> unpack_zstd(std::string_view in, std::span<char> out);

    CompressionAlgorithm algorithm_;
    std::unique_ptr<State> state_;
    char header_[compressed_header_bytes] = {};
    std::size_t header_bytes_ = 0;
    std::size_t packed_left_ = 0;   // of the frame's payload
    std::size_t plain_left_ = 0;    // to come out of it
    bool packed_ = false;           // compressed, not merely framed
    bool stream_ended_ = false;
    std::size_t payload_taken_ = 0;  // of this packet
    std::uint8_t sequence_ = 0;
};

// Thread-safety: one thread.
class Compressor {
  public:
    // level: of zstd, 1..zstd_level_max, others are brought into that range; zlib has its default.
    Compressor(CompressionAlgorithm algorithm, int level);
    ~Compressor();
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;

    // Appends one frame. plain: 1..plain_bytes_max bytes; what does not get smaller goes as it is.
    void pack(std::string& out, std::uint8_t sequence, std::string_view plain);

    static constexpr std::size_t plain_bytes_max = 128 * 1024;
    static constexpr std::size_t packed_bytes_min = 50;  // shorter ones are not worth it

  private:
    struct State;
    std::size_t pack_payload(std::span<char> out, std::string_view plain);

    CompressionAlgorithm algorithm_;
    int level_;
    std::unique_ptr<State> state_;
};

}  // namespace sabil::mysql
