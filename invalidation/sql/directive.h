// `sabil:` words in comments: sabil:nocache, sabil:ttl=30 (seconds, or with ms, s, m, h), sabil:tag=front.
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include "invalidation/sql/statement.h"

namespace sabil::invalidation::sql {

inline constexpr std::size_t max_tag_bytes = 64;
inline constexpr std::chrono::milliseconds max_directive_ttl = std::chrono::hours(24 * 365);

// Adds what `comment` says; words that are not understood are left out. A ttl of zero is nocache.
void read_directives(std::string_view comment, Directives& directives);

}  // namespace sabil::invalidation::sql
