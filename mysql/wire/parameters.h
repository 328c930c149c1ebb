// Parameters as COM_STMT_EXECUTE and query attributes carry them: NULL bitmap, "types follow" byte, for each u8 type, u8
// flags (0x80 unsigned) and, with query_attributes, a length-encoded name; then the values that are not NULL.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/base/bytes.h"
#include "cache/base/result.h"
#include "mysql/wire/binary_row.h"

namespace sabil::mysql {

struct ParameterType {
    BinaryColumn type;
    std::string name;  // of a query attribute; empty for a statement's own parameter
    bool operator==(const ParameterType&) const = default;
};

struct Parameter {
    std::string_view name;   // views the packet, or the remembered types
    BinaryColumn type;
    BinaryValue value;       // text views the packet
    bool long_data = false;  // came by COM_STMT_SEND_LONG_DATA: value is monostate, but it is not NULL
};

inline constexpr std::size_t parameters_count_max = 65535;

// Reads `count` parameters.
// named: names are there (query_attributes). remembered: types of the last execution, taken where this packet brings
// none, and replaced where it does. long_data: by position, whether its value was sent ahead; may be shorter than count.
// Errors: protocol.
Result<std::vector<Parameter>> read_parameters(ByteReader& in, std::size_t count, bool named,
                                               std::vector<ParameterType>& remembered,
                                               const std::vector<bool>& long_data);
// Always writes types. Errors: invalid (value does not suit its type).
Result<void> write_parameters(ByteWriter& out, std::span<const Parameter> parameters, bool named);

}  // namespace sabil::mysql
