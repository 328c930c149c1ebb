// Bounded unpacking of zlib data.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "cache/base/result.h"

namespace sabil::mysql::binlog {

// Unpacks exactly `bytes` into out, which is replaced. raw: no zlib header. False where the data is damaged or another
// size.
bool inflate_exactly(std::string_view packed, std::size_t bytes, bool raw, std::string& out);

// MariaDB's compressed record of a compressed event: a byte with 0x80, the algorithm (0 = zlib) in bits 4..6 and the
// count of length bytes in bits 0..2; the length, big-endian; zlib data. Errors: protocol, out_of_range, unsupported.
Result<void> unpack_record(std::string_view record, std::size_t bytes_max, std::string& out);

}  // namespace sabil::mysql::binlog
