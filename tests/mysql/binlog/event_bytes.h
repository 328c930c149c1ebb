// Binlog events made by hand.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>

#include "cache/base/bytes.h"
#include "mysql/binlog/event_type.h"
#include "tests/mysql/wire/packet_bytes.h"

namespace sabil::mysql::binlog::testing {

using mysql::testing::bytes;

inline std::string event(EventType type, const std::string& body, bool checksum = false, std::uint16_t flags = 0) {
    std::string out;
    ByteWriter w(out);
    w.u32(1700000000);
    w.u8(static_cast<std::uint8_t>(type));
    w.u32(7);
    w.u32(static_cast<std::uint32_t>(19 + body.size() + (checksum ? 4 : 0)));
    w.u32(1234);
    w.u16(flags);
    w.bytes(body);
    if (checksum) {
        // The "in use" flag is not part of the sum.
        auto summed = out;
        summed[17] = static_cast<char>(summed[17] & ~1);
        w.u32(static_cast<std::uint32_t>(
            crc32(0, reinterpret_cast<const Bytef*>(summed.data()), static_cast<uInt>(summed.size()))));
    }
    return out;
}

inline std::string format_description(const std::string& version, bool checksums, std::uint16_t flags = 0) {
    auto body = bytes({4, 0}) + version + std::string(50 - version.size(), '\0') + bytes({0, 0, 0, 0, 19}) +
                std::string(40, '\x08') + bytes({checksums ? 1 : 0});
    if (!checksums) return event(EventType::format_description, body + bytes({0, 0, 0, 0}), false, flags);
    return event(EventType::format_description, body, true, flags);
}

// `shop`.`item` (id INT NOT NULL, name VARCHAR(300) NULL, price DECIMAL(5,2) NULL), number 5.
inline std::string item_table_map_body() {
    return bytes({5, 0, 0, 0, 0, 0, 1, 0, 4}) + "shop" + bytes({0, 4}) + "item" +
           bytes({0, 3, 3, 15, 0xf6, 4, 0x2c, 1, 5, 2, 6});
}

}  // namespace sabil::mysql::binlog::testing
