#include "cache/persist/rdb_decoder.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "cache/base/number_text.h"
#include "cache/persist/crc64.h"
#include "cache/persist/lzf.h"
#include "cache/persist/rdb_format.h"

namespace sabil::cache {
namespace {

constexpr std::size_t buffer_bytes = 256 << 10;
constexpr std::size_t chunk_bytes = 1 << 20;

std::string decimal(std::int64_t value) {
    DecimalBuffer scratch;
    return std::string(format_integer(value, scratch));
}

}  // namespace

void RdbDecoder::fail(std::string message) {
    if (failed_) return;
    failed_ = true;
    error_ = {ErrorCode::invalid, std::move(message) + " at offset " + std::to_string(position_)};
}

std::uint64_t RdbDecoder::crc() noexcept {
    crc_ = crc64(crc_, std::string_view(buffer_).substr(checked_, used_ - checked_));
    checked_ = used_;
    return crc_;
}

bool RdbDecoder::refill() {
    if (used_ < buffer_.size()) return true;
    (void)crc();
    buffer_.resize(buffer_bytes);
    auto got = source_.read(buffer_.data(), buffer_.size());
    used_ = checked_ = 0;
    if (!got && !failed_) {
        failed_ = true;
        error_ = got.error();
    }
    buffer_.resize(got ? *got : 0);
    return !buffer_.empty();
}

bool RdbDecoder::at_end() {
    return !failed_ && !refill();
}

bool RdbDecoder::take(char* to, std::size_t size) {
    while (size > 0 && !failed_) {
        if (!refill()) {
            fail("the input ends in the middle of a record");
            break;
        }
        const auto n = std::min(size, buffer_.size() - used_);
        std::memcpy(to, buffer_.data() + used_, n);
        used_ += n;
        position_ += n;
        to += n;
        size -= n;
    }
    return !failed_;
}

std::uint8_t RdbDecoder::byte() {
    char value = 0;
    return take(&value, 1) ? static_cast<std::uint8_t>(value) : std::uint8_t{0};
}

std::uint64_t RdbDecoder::little_endian(unsigned bytes) {
    std::uint64_t value = 0;
    char raw[8] = {};
    if (!take(raw, bytes)) return 0;
    std::memcpy(&value, raw, bytes);
    return value;
}

std::uint64_t RdbDecoder::big_endian(unsigned bytes) {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < bytes; ++i) value = value << 8 | byte();
    return value;
}

double RdbDecoder::real() {
    return std::bit_cast<double>(little_endian(8));
}

RdbDecoder::Length RdbDecoder::any_length() {
    const auto first = byte();
    switch (first >> 6) {
        case rdb::length_6_bits:
            return {first & 0x3fU, false};
        case rdb::length_14_bits:
            return {(first & 0x3fULL) << 8 | byte(), false};
        case rdb::length_special:
            return {first & 0x3fU, true};
        default:
            break;
    }
    if (first == rdb::length_32_bits) return {big_endian(4), false};
    if (first == rdb::length_64_bits) return {big_endian(8), false};
    fail("unknown kind of length " + std::to_string(first));
    return {};
}

std::uint64_t RdbDecoder::length() {
    const auto length = any_length();
    if (length.special) fail("a length was expected, not an encoded string");
    return failed_ ? 0 : length.value;
}

std::string RdbDecoder::raw(std::size_t size) {
    std::string out;
    if (size > longest_string_bytes_) {
        fail("a string of " + std::to_string(size) + " bytes is above the limit of " +
             std::to_string(longest_string_bytes_));
    }
    while (out.size() < size && !failed_) {
        const auto n = std::min(chunk_bytes, size - out.size());
        const auto before = out.size();
        out.resize(before + n);
        if (!take(out.data() + before, n)) return {};
    }
    return failed_ ? std::string() : out;
}

std::string RdbDecoder::compressed() {
    const auto packed_size = length();
    const auto size = length();
    const auto packed = raw(packed_size);
    if (failed_) return {};
    if (size > longest_string_bytes_) {
        fail("a string of " + std::to_string(size) + " bytes is above the limit of " +
             std::to_string(longest_string_bytes_));
        return {};
    }
    auto unpacked = lzf_decompress(packed, size);
    if (!unpacked) fail("a compressed string does not unpack to its size");
    return unpacked.value_or(std::string());
}

std::string RdbDecoder::string() {
    const auto length = any_length();
    if (failed_) return {};
    if (!length.special) return raw(length.value);
    switch (length.value) {
        case rdb::string_int8:
            return decimal(static_cast<std::int8_t>(byte()));
        case rdb::string_int16:
            return decimal(static_cast<std::int16_t>(little_endian(2)));
        case rdb::string_int32:
            return decimal(static_cast<std::int32_t>(little_endian(4)));
        case rdb::string_lzf:
            return compressed();
        default:
            break;
    }
    fail("unknown encoding of a string " + std::to_string(length.value));
    return {};
}

}  // namespace sabil::cache
