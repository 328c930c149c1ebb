// FUNCTION DUMP's bytes: the records of an RDB file that hold libraries, and DUMP's trailer.
//   (245 | code as an RDB string)* | RDB version (2, little-endian) | CRC-64 of all before (8, little-endian)
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sabil::proxy::resp::scripting {

std::string library_payload(std::span<const std::string_view> codes);

struct LibraryCodes {
    std::vector<std::string> codes;
    std::string error;  // empty: read; as FUNCTION RESTORE words it, without "ERR "
};
LibraryCodes read_library_payload(std::string_view payload);

}  // namespace sabil::proxy::resp::scripting
