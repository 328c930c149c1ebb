#include "mysql/wire/frame.h"

#include <algorithm>

namespace sabil::mysql {

void append_packet(std::string& out, std::uint8_t& sequence, std::string_view payload) {
    std::size_t length = 0;
    do {
        length = std::min(payload.size(), frame_payload_bytes_max);
        char header[frame_header_bytes];
        write_frame_header(header, {static_cast<std::uint32_t>(length), sequence++});
        out.append(header, sizeof header);
        out.append(payload.substr(0, length));
        payload.remove_prefix(length);
    } while (length == frame_payload_bytes_max);
}

std::optional<FramePiece> FrameSplitter::next(std::string_view& in) noexcept {
    if (!in_frame_) {
        const auto missing = std::min(frame_header_bytes - header_have_, in.size());
        std::copy_n(in.data(), missing, header_ + header_have_);
        header_have_ = static_cast<std::uint8_t>(header_have_ + missing);
        in.remove_prefix(missing);
        if (header_have_ < frame_header_bytes) return std::nullopt;
        header_have_ = 0;
        frame_ = read_frame_header(header_);
        owed_ = frame_.length;
        in_frame_ = true;
        frame_started_ = false;
    }
    if (owed_ > 0 && in.empty()) return std::nullopt;
    const auto length = std::min<std::size_t>(owed_, in.size());
    FramePiece piece;
    piece.bytes = in.substr(0, length);
    piece.sequence = frame_.sequence;
    piece.frame_length = frame_.length;
    piece.begins_packet = !continued_ && !frame_started_;
    in.remove_prefix(length);
    owed_ -= static_cast<std::uint32_t>(length);
    frame_started_ = true;
    if (owed_ == 0) {
        piece.ends_frame = true;
        continued_ = frame_.length == frame_payload_bytes_max;
        piece.ends_packet = !continued_;
        in_frame_ = false;
    }
    return piece;
}

Result<std::optional<Packet>> PacketAssembler::next(std::string_view& in) {
    if (given_out_) {
        collected_.clear();
        given_out_ = false;
    }
    while (auto piece = splitter_.next(in)) {
        if (piece->begins_packet) first_sequence_ = piece->sequence;
        if (piece->bytes.size() > packet_bytes_max_ - std::min(packet_bytes_max_, collected_.size())) {
            return fail(ErrorCode::out_of_range,
                        "a packet is longer than the limit of " + std::to_string(packet_bytes_max_) + " bytes");
        }
        if (piece->begins_packet && piece->ends_packet) return Packet{piece->bytes, piece->sequence, piece->sequence};
        collected_.append(piece->bytes);
        if (piece->ends_packet) {
            given_out_ = true;
            return Packet{collected_, first_sequence_, piece->sequence};
        }
    }
    return std::nullopt;
}

void PacketAssembler::reset() noexcept {
    splitter_.reset();
    collected_.clear();
    given_out_ = false;
}

}  // namespace sabil::mysql
