// A place in the binlog by file and offset.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace sabil::mysql::binlog {

// Ordered by file name and offset: names end in a number of fixed width, and a longer name is a later file. Events of
// MariaDB 11.8+ carry no offset of their own: take it from GTID and XID events' ends as the tailer counts them.
struct BinlogPosition {
    std::string file;          // "mariadb-bin.000003"; empty = none
    std::uint64_t offset = 0;  // of the first byte not yet read; the first event of a file is at 4
    bool operator==(const BinlogPosition&) const = default;
    std::strong_ordering operator<=>(const BinlogPosition& other) const noexcept {
        if (auto by_length = file.size() <=> other.file.size(); by_length != 0) return by_length;
        if (auto by_name = file <=> other.file; by_name != 0) return by_name;
        return offset <=> other.offset;
    }
    std::string to_string() const { return file + ":" + std::to_string(offset); }
};

}  // namespace sabil::mysql::binlog
