// Limits that hold across rooms; each name carries its unit. A limit that concerns one room only lives there.
#pragma once

#include <cstddef>

namespace sabil::limits {

inline constexpr std::size_t databases_count = 16;        // default of Redis' `databases`
inline constexpr std::size_t value_bytes = 512ULL << 20;  // Redis' proto-max-bulk-len
inline constexpr std::size_t mysql_packet_payload_bytes = (1ULL << 24) - 1;

}  // namespace sabil::limits
