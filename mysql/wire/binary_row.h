// Values of the binary protocol, as rows and as parameters carry them, and the row: 0x00, NULL bitmap shifted by two
// bits, then the values that are not NULL.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cache/base/bytes.h"
#include "cache/base/result.h"
#include "mysql/wire/column_type.h"

namespace sabil::mysql {

// DATE, DATETIME and TIMESTAMP. All zero is the zero date.
struct BinaryDateTime {
    std::uint16_t year = 0;
    std::uint8_t month = 0, day = 0, hour = 0, minute = 0, second = 0;
    std::uint32_t microseconds = 0;
    bool operator==(const BinaryDateTime&) const = default;
};
struct BinaryTime {
    bool negative = false;
    std::uint32_t days = 0;
    std::uint8_t hours = 0, minutes = 0, seconds = 0;
    std::uint32_t microseconds = 0;
    bool operator==(const BinaryTime&) const = default;
};

// NULL; signed and unsigned integers of any width; FLOAT; DOUBLE; everything length-encoded (text, blobs, DECIMAL as
// its digits, BIT, JSON, GEOMETRY), a view into the packet; dates; times.
using BinaryValue = std::variant<std::monostate, std::int64_t, std::uint64_t, float, double, std::string_view,
                                 BinaryDateTime, BinaryTime>;

struct BinaryColumn {
    ColumnType type = ColumnType::null;
    bool is_unsigned = false;
    bool operator==(const BinaryColumn&) const = default;
};

// One value that is not NULL; latches the reader's error on a bad length or an unknown type.
BinaryValue read_binary_value(ByteReader& in, BinaryColumn column) noexcept;
// The value's alternative must suit the type: integers for integer types, and so on. Errors: invalid.
Result<void> write_binary_value(ByteWriter& out, ColumnType type, const BinaryValue& value);

// Errors: protocol.
Result<std::vector<BinaryValue>> parse_binary_row(std::string_view payload, std::span<const BinaryColumn> columns);
Result<void> build_binary_row(std::string& out, std::span<const BinaryColumn> columns,
                              std::span<const BinaryValue> values);

// As MySQL prints it: integers, shortest round-trip floats, "2024-01-31 12:00:00.5" with `decimals` digits of fraction
// (31: six where not zero), text as is. type tells DATE from DATETIME. NULL gives an empty string.
std::string to_text(const BinaryValue& value, ColumnType type, std::uint8_t decimals = 31);

}  // namespace sabil::mysql
