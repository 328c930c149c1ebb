// From literal tokens to values.
#pragma once

#include <string>
#include <string_view>

#include "invalidation/sql/token.h"

namespace sabil::invalidation::sql {

// A quoted string, with its quotes and without a prefix: the bytes it stands for.
std::string decode_string(std::string_view quoted, bool backslash_escapes);

// A name, without quotes.
std::string decode_name(const Token& token);

// The bytes of a hex or bit token, most significant first.
std::string decode_bytes(const Token& token);

}  // namespace sabil::invalidation::sql
