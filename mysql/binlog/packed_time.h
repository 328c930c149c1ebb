// DATE, TIME, DATETIME and TIMESTAMP as the binlog packs them, old forms and those since MySQL 5.6, to text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sabil::mysql::binlog {

// Bytes of a fraction of so many digits, 0..6.
constexpr std::size_t fraction_bytes(unsigned digits) noexcept {
    return (digits + 1) / 2;
}

// Each appends text and answers whether the bytes fit. digits: of the fraction, 0..6.
bool append_date(std::string& out, std::string_view bytes);                        // 3 bytes
bool append_datetime2(std::string& out, std::string_view bytes, unsigned digits);  // 5 bytes and the fraction
bool append_time2(std::string& out, std::string_view bytes, unsigned digits);      // 3 bytes and the fraction
bool append_old_datetime(std::string& out, std::string_view bytes);                // 8 bytes
bool append_old_time(std::string& out, std::string_view bytes);                    // 3 bytes
// Seconds since 1970 and microseconds: 4 bytes big-endian and the fraction.
bool read_timestamp2(std::string_view bytes, unsigned digits, std::int64_t& seconds, std::uint32_t& microseconds);

}  // namespace sabil::mysql::binlog
