// Packet framing. On the wire a packet is one or more frames: 3 bytes of length, 1 of sequence number, the payload. A
// frame of 16,777,215 bytes says that the packet goes on in the next frame; a packet whose length is a multiple of that
// ends with an empty frame.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/base/limits.h"
#include "cache/base/result.h"

namespace sabil::mysql {

inline constexpr std::size_t frame_header_bytes = 4;
inline constexpr std::size_t frame_payload_bytes_max = limits::mysql_packet_payload_bytes;

struct FrameHeader {
    std::uint32_t length = 0;   // of the payload, 0..16,777,215
    std::uint8_t sequence = 0;  // wraps at 256
};

// in must hold frame_header_bytes.
inline FrameHeader read_frame_header(const char* in) noexcept {
    const auto byte = [in](int i) { return static_cast<std::uint32_t>(static_cast<std::uint8_t>(in[i])); };
    return {byte(0) | byte(1) << 8 | byte(2) << 16, static_cast<std::uint8_t>(byte(3))};
}
// out must have room for frame_header_bytes.
inline void write_frame_header(char* out, FrameHeader header) noexcept {
    out[0] = static_cast<char>(header.length);
    out[1] = static_cast<char>(header.length >> 8);
    out[2] = static_cast<char>(header.length >> 16);
    out[3] = static_cast<char>(header.sequence);
}

// Appends a packet of any size as one or more frames; `sequence` is the first frame's number and is left at the number
// that follows the last one.
void append_packet(std::string& out, std::uint8_t& sequence, std::string_view payload);

// A run of payload bytes of one packet; header bytes are not part of it.
struct FramePiece {
    std::string_view bytes;       // views the input; may be empty
    bool begins_packet = false;   // the packet's first piece
    bool ends_packet = false;     // the packet's last piece
    bool ends_frame = false;      // the last piece of its frame
    std::uint8_t sequence = 0;    // of the frame it came in
    std::uint32_t frame_length = 0;  // the length its frame's header announced
};

// Cuts a byte stream into pieces of packets without buffering payload: at most a split header is kept. Every input
// stream is valid framing, so it cannot fail. Thread-safety: one thread.
class FrameSplitter {
  public:
    // Takes the next piece from the front of `in`; nothing once `in` is used up.
    std::optional<FramePiece> next(std::string_view& in) noexcept;
    // Between packets: no header begun, nothing owed.
    bool at_packet_boundary() const noexcept { return header_have_ == 0 && !in_frame_ && !continued_; }
    void reset() noexcept { *this = FrameSplitter{}; }

  private:
    char header_[frame_header_bytes] = {};
    std::uint8_t header_have_ = 0;
    bool in_frame_ = false;
    bool frame_started_ = false;  // a piece of this frame has been given out
    bool continued_ = false;      // the frame before was full: this one goes on with its packet
    FrameHeader frame_{};
    std::uint32_t owed_ = 0;      // payload bytes of this frame not yet seen
};

// A whole packet.
struct Packet {
    std::string_view payload;    // valid until the next call on its assembler or the end of the input it came from
    std::uint8_t sequence = 0;       // of its first frame
    std::uint8_t last_sequence = 0;  // of its last frame: the answer begins at this plus one
};

// Joins a byte stream into whole packets. Packets complete within one input are views into it; others are collected, up
// to a limit. Thread-safety: one thread.
class PacketAssembler {
  public:
    explicit PacketAssembler(std::size_t packet_bytes_max) : packet_bytes_max_(packet_bytes_max) {}
    // Takes the next packet from the front of `in`; nothing when more input is needed (then `in` is used up). Errors:
    // out_of_range past the limit; the assembler is then of no further use.
    Result<std::optional<Packet>> next(std::string_view& in);
    bool at_packet_boundary() const noexcept { return splitter_.at_packet_boundary(); }
    void reset() noexcept;

  private:
    FrameSplitter splitter_;
    std::string collected_;
    std::size_t packet_bytes_max_;
    std::uint8_t first_sequence_ = 0;
    bool given_out_ = false;  // collected_ holds a packet that the caller has had
};

}  // namespace sabil::mysql
