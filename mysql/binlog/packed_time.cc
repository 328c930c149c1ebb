#include "mysql/binlog/packed_time.h"

#include <array>
#include <cstdio>

#include "cache/base/bytes.h"

namespace sabil::mysql::binlog {

namespace {

constexpr std::array<std::uint32_t, 7> power_of_ten{1, 10, 100, 1000, 10000, 100000, 1000000};
constexpr std::int64_t datetime2_bias = std::int64_t{1} << 39;
constexpr std::int64_t time2_bias = std::int64_t{1} << 23;

template <class... Values>
void append_format(std::string& out, const char* format, Values... values) {
    std::array<char, 64> text{};
    const int length = std::snprintf(text.data(), text.size(), format, values...);
    if (length > 0) out.append(text.data(), std::min(static_cast<std::size_t>(length), text.size() - 1));
}

// A fraction's bytes hold hundredths, ten-thousandths or millionths.
std::uint32_t microseconds_of(std::uint64_t raw, unsigned digits) noexcept {
    const auto stored = static_cast<unsigned>(2 * fraction_bytes(digits));
    return static_cast<std::uint32_t>(raw) * power_of_ten[6 - stored];
}

void append_fraction(std::string& out, std::uint32_t microseconds, unsigned digits) {
    if (digits > 0) append_format(out, ".%0*u", static_cast<int>(digits), microseconds / power_of_ten[6 - digits]);
}

}  // namespace

bool append_date(std::string& out, std::string_view bytes) {
    if (bytes.size() != 3) return false;
    const auto packed = ByteReader(bytes).u24();
    append_format(out, "%04u-%02u-%02u", packed >> 9, packed >> 5 & 15, packed & 31);
    return true;
}

bool append_datetime2(std::string& out, std::string_view bytes, unsigned digits) {
    if (digits > 6 || bytes.size() != 5 + fraction_bytes(digits)) return false;
    ByteReader in(bytes);
    const auto packed = static_cast<std::int64_t>(in.uint_be(5)) - datetime2_bias;
    const auto microseconds = microseconds_of(in.uint_be(fraction_bytes(digits)), digits);
    if (packed < 0 || microseconds >= power_of_ten[6]) return false;
    const auto value = static_cast<std::uint64_t>(packed);
    const auto year_month = static_cast<unsigned>(value >> 22);
    append_format(out, "%04u-%02u-%02u %02u:%02u:%02u", year_month / 13, year_month % 13,
                  static_cast<unsigned>(value >> 17 & 31), static_cast<unsigned>(value >> 12 & 31),
                  static_cast<unsigned>(value >> 6 & 63), static_cast<unsigned>(value & 63));
    append_fraction(out, microseconds, digits);
    return true;
}

bool append_time2(std::string& out, std::string_view bytes, unsigned digits) {
    if (digits > 6 || bytes.size() != 3 + fraction_bytes(digits)) return false;
    ByteReader in(bytes);
    // The whole is one biased number, so that a negative time's fraction borrows from its seconds.
    const auto fraction_bits = 8 * fraction_bytes(digits);
    const auto packed = static_cast<std::int64_t>(in.uint_be(bytes.size())) - (time2_bias << fraction_bits);
    const bool negative = packed < 0;
    const auto size = static_cast<std::uint64_t>(negative ? -packed : packed);
    const auto microseconds = microseconds_of(size & ((std::uint64_t{1} << fraction_bits) - 1), digits);
    const auto value = size >> fraction_bits;
    if (microseconds >= power_of_ten[6]) return false;
    append_format(out, "%s%02u:%02u:%02u", negative ? "-" : "", static_cast<unsigned>(value >> 12 & 1023),
                  static_cast<unsigned>(value >> 6 & 63), static_cast<unsigned>(value & 63));
    append_fraction(out, microseconds, digits);
    return true;
}

bool append_old_datetime(std::string& out, std::string_view bytes) {
    if (bytes.size() != 8) return false;
    const auto packed = ByteReader(bytes).u64();
    const auto date = packed / 1000000;
    const auto time = static_cast<unsigned>(packed % 1000000);
    if (date > 99991231) return false;
    append_format(out, "%04u-%02u-%02u %02u:%02u:%02u", static_cast<unsigned>(date / 10000),
                  static_cast<unsigned>(date / 100 % 100), static_cast<unsigned>(date % 100), time / 10000,
                  time / 100 % 100, time % 100);
    return true;
}

bool append_old_time(std::string& out, std::string_view bytes) {
    if (bytes.size() != 3) return false;
    const auto raw = static_cast<std::int32_t>(ByteReader(bytes).u24() << 8) >> 8;
    const auto size = static_cast<unsigned>(raw < 0 ? -raw : raw);
    append_format(out, "%s%02u:%02u:%02u", raw < 0 ? "-" : "", size / 10000, size / 100 % 100, size % 100);
    return true;
}

bool read_timestamp2(std::string_view bytes, unsigned digits, std::int64_t& seconds, std::uint32_t& microseconds) {
    if (digits > 6 || bytes.size() != 4 + fraction_bytes(digits)) return false;
    ByteReader in(bytes);
    seconds = static_cast<std::int64_t>(in.uint_be(4));
    microseconds = microseconds_of(in.uint_be(fraction_bytes(digits)), digits);
    return microseconds < power_of_ten[6];
}

}  // namespace sabil::mysql::binlog
