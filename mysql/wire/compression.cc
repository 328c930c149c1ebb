#include "mysql/wire/compression.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <limits>

namespace sabil::mysql {
namespace {

constexpr int zstd_window_log_max = 24;  // 16 MB, the most a frame can hold

std::size_t read_u24(const char* at) noexcept {
    const auto* bytes = reinterpret_cast<const unsigned char*>(at);
    return bytes[0] | static_cast<std::size_t>(bytes[1]) << 8 | static_cast<std::size_t>(bytes[2]) << 16;
}

void write_u24(char* at, std::size_t value) noexcept {
    at[0] = static_cast<char>(value);
    at[1] = static_cast<char>(value >> 8);
    at[2] = static_cast<char>(value >> 16);
}

auto damaged(std::string_view why) {
    return fail(ErrorCode::protocol, "a compressed packet " + std::string(why));
}

Bytef* zlib_input(std::string_view bytes) noexcept {
    return const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));
}

}  // namespace

struct Decompressor::State {
    z_stream zlib{};
    bool zlib_ready = false;
    ZSTD_DCtx* zstd = nullptr;
    ~State() {
        if (zlib_ready) inflateEnd(&zlib);
        ZSTD_freeDCtx(zstd);
    }
};

Decompressor::Decompressor(CompressionAlgorithm algorithm) : algorithm_(algorithm), state_(std::make_unique<State>()) {}

Decompressor::~Decompressor() = default;

Result<void> Decompressor::begin_frame() {
    packed_left_ = read_u24(header_);
    sequence_ = static_cast<std::uint8_t>(header_[3]);
    plain_left_ = read_u24(header_ + 4);
    packed_ = plain_left_ != 0;
    stream_ended_ = false;
    payload_taken_ = 0;
    if (!packed_) {
        plain_left_ = packed_left_;
        if (packed_left_ == 0) header_bytes_ = 0;
        return {};
    }
    if (algorithm_ == CompressionAlgorithm::zlib) {
        const int ready = state_->zlib_ready ? inflateReset(&state_->zlib) : inflateInit(&state_->zlib);
        if (ready != Z_OK) return fail(ErrorCode::protocol, "zlib cannot be set up");
        state_->zlib_ready = true;
    } else {
        if (state_->zstd == nullptr) {
            state_->zstd = ZSTD_createDCtx();
            ZSTD_DCtx_setParameter(state_->zstd, ZSTD_d_windowLogMax, zstd_window_log_max);
        }
        ZSTD_DCtx_reset(state_->zstd, ZSTD_reset_session_only);
    }
    return {};
}

// progressed: the last step, which had input and room as far as there were to be any, took or gave something.
Result<void> Decompressor::end_frame(bool progressed) {
    if (!packed_) {
        if (packed_left_ == 0) header_bytes_ = 0;
        return {};
    }
    if (stream_ended_ ? packed_left_ != 0 || plain_left_ != 0 : !progressed) {
        return damaged("does not unpack to what it says");
    }
    if (stream_ended_) header_bytes_ = 0;
    return {};
}

Result<Decompressor::Progress> Decompressor::unpack_zlib(std::string_view in, std::span<char> out) {
    auto& stream = state_->zlib;
    stream.next_in = zlib_input(in);
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&stream, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return damaged("is no zlib stream");
    stream_ended_ = result == Z_STREAM_END;
    return Progress{in.size() - stream.avail_in, out.size() - stream.avail_out};
}

Result<Decompressor::Progress> Decompressor::unpack_zstd(std::string_view in, std::span<char> out) {
    // The library may take frames of its first versions as well, which no server sends and which it reads differently.
    constexpr std::string_view magic("\x28\xb5\x2f\xfd");
    for (std::size_t i = 0; i < in.size() && payload_taken_ + i < magic.size(); ++i) {
        if (in[i] != magic[payload_taken_ + i]) return damaged("is no zstd frame");
    }
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    const auto left = ZSTD_decompressStream(state_->zstd, &output, &input);
    if (ZSTD_isError(left) != 0U) return damaged("is no zstd frame");
    stream_ended_ = left == 0;
    return Progress{input.pos, output.pos};
}

Result<Decompressor::Progress> Decompressor::step(std::string_view in, std::span<char> out) {
    Progress progress;
    if (!packed_) {
        progress.consumed = progress.produced = std::min(in.size(), out.size());
        if (progress.consumed > 0) std::memcpy(out.data(), in.data(), progress.consumed);
    } else {
        auto unpacked = algorithm_ == CompressionAlgorithm::zlib ? unpack_zlib(in, out) : unpack_zstd(in, out);
        if (!unpacked) return unpacked;
        progress = *unpacked;
    }
    packed_left_ -= progress.consumed;
    payload_taken_ += progress.consumed;
    plain_left_ -= progress.produced;
    return progress;
}

Result<Decompressor::Progress> Decompressor::unpack(std::string_view in, std::span<char> out) {
    Progress total;
    while (true) {
        if (header_bytes_ < compressed_header_bytes) {
            const auto n = std::min(compressed_header_bytes - header_bytes_, in.size() - total.consumed);
            if (n > 0) std::memcpy(header_ + header_bytes_, in.data() + total.consumed, n);
            header_bytes_ += n;
            total.consumed += n;
            if (header_bytes_ < compressed_header_bytes) return total;
            if (auto begun = begin_frame(); !begun) return tl::unexpected(std::move(begun.error()));
            continue;
        }
        const auto piece = in.substr(total.consumed, packed_left_);
        const auto room = out.subspan(total.produced, std::min(out.size() - total.produced, plain_left_));
        // The end of a stream may still be due when all of it has come out, and some of it when all has gone in.
        const bool could = (!piece.empty() || packed_left_ == 0) && (!room.empty() || plain_left_ == 0);
        if (!could) return total;
        auto done = step(piece, room);
        if (!done) return done;
        total.consumed += done->consumed;
        total.produced += done->produced;
        const bool progressed = done->consumed > 0 || done->produced > 0;
        if (auto ended = end_frame(progressed); !ended) return tl::unexpected(std::move(ended.error()));
        if (at_rest() && total.produced > 0) return total;
    }
}

struct Compressor::State {
    z_stream zlib{};
    bool zlib_ready = false;
    ZSTD_CCtx* zstd = nullptr;
    ~State() {
        if (zlib_ready) deflateEnd(&zlib);
        ZSTD_freeCCtx(zstd);
    }
};

Compressor::Compressor(CompressionAlgorithm algorithm, int level)
    : algorithm_(algorithm), level_(std::clamp(level, 1, zstd_level_max)), state_(std::make_unique<State>()) {}

Compressor::~Compressor() = default;

// Bytes written; 0 where they do not fit into `out`.
std::size_t Compressor::pack_payload(std::span<char> out, std::string_view plain) {
    if (algorithm_ == CompressionAlgorithm::zstd) {
        if (state_->zstd == nullptr) state_->zstd = ZSTD_createCCtx();
        const auto n = ZSTD_compressCCtx(state_->zstd, out.data(), out.size(), plain.data(), plain.size(), level_);
        return ZSTD_isError(n) != 0U ? 0 : n;
    }
    auto& stream = state_->zlib;
    if (!state_->zlib_ready) {
        state_->zlib_ready = deflateInit(&stream, Z_DEFAULT_COMPRESSION) == Z_OK;
        if (!state_->zlib_ready) return 0;
    } else {
        deflateReset(&stream);
    }
    stream.next_in = zlib_input(plain);
    stream.avail_in = static_cast<uInt>(plain.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    return deflate(&stream, Z_FINISH) == Z_STREAM_END ? out.size() - stream.avail_out : 0;
}

void Compressor::pack(std::string& out, std::uint8_t sequence, std::string_view plain) {
    const auto begin = out.size();
    out.resize(begin + compressed_header_bytes + plain.size());
    auto* payload = out.data() + begin + compressed_header_bytes;
    // What would not get smaller does not fit, and goes as it is.
    const auto packed = plain.size() < packed_bytes_min ? 0 : pack_payload({payload, plain.size() - 1}, plain);
    if (packed == 0) std::memcpy(payload, plain.data(), plain.size());
    const auto bytes = packed == 0 ? plain.size() : packed;
    out.resize(begin + compressed_header_bytes + bytes);
    write_u24(out.data() + begin, bytes);
    out[begin + 3] = static_cast<char>(sequence);
    write_u24(out.data() + begin + 4, packed == 0 ? 0 : plain.size());
}

}  // namespace sabil::mysql
