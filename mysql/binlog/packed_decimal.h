// DECIMAL as InnoDB and the binlog pack it: nine digits in four bytes, the rest of the integer part in front, the rest
// of the fraction behind, in as many bytes as they need; big-endian, the sign bit inverted, negatives complemented.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sabil::mysql::binlog {

// precision 1..65, scale 0..30 and not over precision; anything else gives 0.
std::size_t packed_decimal_bytes(unsigned precision, unsigned scale) noexcept;
// Appends "-12.340": all digits of the scale, no leading zeros but one. False where the digits do not fit.
bool append_packed_decimal(std::string& out, std::string_view bytes, unsigned precision, unsigned scale);

}  // namespace sabil::mysql::binlog
