// Global transaction ids of both dialects.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "cache/base/result.h"

namespace sabil::mysql::binlog {

// A server's or group's UUID, 16 bytes. Text form is lower case with dashes.
struct Uuid {
    std::array<std::uint8_t, 16> bytes{};
    auto operator<=>(const Uuid&) const = default;
    std::string to_string() const;
    static Result<Uuid> parse(std::string_view text);  // with or without dashes or braces
};

// "3e11fa47-71ca-11e1-9e33-c80aa9429562:5", "...:tag:5" since MySQL 8.3.
struct MysqlGtid {
    Uuid uuid;
    std::string tag;           // lower case, 0..32 of [a-z0-9_]
    std::uint64_t number = 0;  // 1..2^63-2
    auto operator<=>(const MysqlGtid&) const = default;
    std::string to_string() const;
    static Result<MysqlGtid> parse(std::string_view text);
};

// "0-1-5": domain, server id, sequence number.
struct MariadbGtid {
    std::uint32_t domain = 0;
    std::uint32_t server_id = 0;
    std::uint64_t sequence = 0;
    auto operator<=>(const MariadbGtid&) const = default;
    std::string to_string() const;
    static Result<MariadbGtid> parse(std::string_view text);
};

}  // namespace sabil::mysql::binlog
