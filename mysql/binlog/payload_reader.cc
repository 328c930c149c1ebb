#include "mysql/binlog/payload_reader.h"

#include <zstd.h>

#include <algorithm>

#include "cache/base/bytes.h"
#include "mysql/binlog/event.h"
#include "mysql/wire/length_encoded.h"

namespace sabil::mysql::binlog {

namespace {
constexpr std::uint64_t zstd_compression = 0;
constexpr std::uint64_t no_compression = 255;
constexpr std::size_t unpack_step_bytes = 128U << 10;
constexpr std::size_t event_length_offset = 9;
}  // namespace

void PayloadReader::Free::operator()(ZSTD_DCtx_s* context) const noexcept {
    ZSTD_freeDCtx(context);
}

Result<PayloadReader> PayloadReader::open(std::string_view body) {
    ByteReader in(body);
    PayloadReader reader;
    std::uint64_t payload_bytes = 0;
    std::uint64_t compression = no_compression;
    while (in.ok() && !in.at_end()) {
        const auto kind = read_length_encoded(in);
        if (kind == 0) break;
        ByteReader field(read_length_encoded_string(in));
        const auto value = read_length_encoded(field);
        if (kind == 1) payload_bytes = value;
        if (kind == 2) compression = value;
        if (kind == 3) reader.unpacked_bytes_ = value;
        if (!field.ok()) in.fail();
    }
    if (!in.ok() || payload_bytes > in.remaining()) {
        return fail(ErrorCode::protocol, "a TRANSACTION_PAYLOAD event does not fit its length");
    }
    reader.packed_ = in.take(static_cast<std::size_t>(payload_bytes));
    reader.plain_ = compression == no_compression;
    if (compression == zstd_compression) {
        reader.context_.reset(ZSTD_createDCtx());
        if (!reader.context_) return fail(ErrorCode::io, "zstd has no memory");
    } else if (!reader.plain_) {
        return fail(ErrorCode::unsupported, "a TRANSACTION_PAYLOAD event is compressed by the unknown algorithm " +
                                                std::to_string(compression));
    }
    return reader;
}

// Makes `bytes` available from begin_ on; false where the payload ends before.
Result<bool> PayloadReader::fill(std::size_t bytes) {
    if (buffer_.size() - begin_ >= bytes) return true;
    buffer_.erase(0, begin_);
    begin_ = 0;
    while (buffer_.size() < bytes) {
        if (plain_) {
            const auto step = std::min(packed_.size(), std::max(bytes - buffer_.size(), unpack_step_bytes));
            if (step == 0) return false;
            buffer_.append(packed_.substr(0, step));
            packed_.remove_prefix(step);
            continue;
        }
        const auto have = buffer_.size();
        buffer_.resize(have + unpack_step_bytes);
        ZSTD_inBuffer in{packed_.data(), packed_.size(), 0};
        ZSTD_outBuffer out{buffer_.data() + have, unpack_step_bytes, 0};
        const auto left = ZSTD_decompressStream(context_.get(), &out, &in);
        packed_.remove_prefix(in.pos);
        buffer_.resize(have + out.pos);
        if (ZSTD_isError(left) != 0) return fail(ErrorCode::protocol, "a TRANSACTION_PAYLOAD event is damaged");
        if (out.pos == 0 && in.pos == 0) return buffer_.size() >= bytes;
    }
    return true;
}

Result<std::string_view> PayloadReader::next(std::size_t event_bytes_max) {
    auto head = fill(event_header_bytes);
    if (!head) return tl::unexpected(head.error());
    if (!*head) {
        if (buffer_.size() == begin_) return std::string_view{};
        return fail(ErrorCode::protocol, "a TRANSACTION_PAYLOAD event ends within an event");
    }
    ByteReader length(std::string_view(buffer_).substr(begin_ + event_length_offset));
    const std::size_t bytes = length.u32();
    if (bytes < event_header_bytes) return fail(ErrorCode::protocol, "an event of a TRANSACTION_PAYLOAD has no header");
    if (bytes > event_bytes_max) {
        return fail(ErrorCode::out_of_range, "an event of a TRANSACTION_PAYLOAD has " + std::to_string(bytes) +
                                                 " bytes, over " + std::to_string(event_bytes_max));
    }
    auto whole = fill(bytes);
    if (!whole) return tl::unexpected(whole.error());
    if (!*whole) return fail(ErrorCode::protocol, "a TRANSACTION_PAYLOAD event ends within an event");
    const auto event = std::string_view(buffer_).substr(begin_, bytes);
    begin_ += bytes;
    return event;
}

}  // namespace sabil::mysql::binlog
