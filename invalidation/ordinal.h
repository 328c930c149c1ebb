// Numbers in the order of a column's values, for ranges: where the server says a < b, ordinal(a) <= ordinal(b).
//
// Thread-safety: pure. Allocates nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "invalidation/schema/column.h"
#include "invalidation/sql/statement.h"
#include "mysql/binlog/value.h"

namespace sabil::invalidation {

// Of a constant that the column is compared with. nullopt: not comparable so (its type is not the column's, or it is no
// date that there is).
std::optional<std::uint64_t> literal_ordinal(const Column& column, const sql::Literal& literal) noexcept;

// Of a row's value, which is not NULL. nullopt: it could be anywhere.
std::optional<std::uint64_t> value_ordinal(const Column& column, const mysql::binlog::Value& value) noexcept;

// The bound of an open range, moved outward, so that bounds that move with time or pages are few: numbers to eight
// significant bits, moments to the hour.
std::uint64_t coarse_low(const Column& column, std::uint64_t ordinal) noexcept;
std::uint64_t coarse_high(const Column& column, std::uint64_t ordinal) noexcept;

// The text with which a LIKE pattern begins: up to its first wildcard or escape.
std::string_view like_prefix(std::string_view pattern) noexcept;

// How an integer, decimal or moment is hashed within a bucket signature.
std::uint64_t bucket_hash(std::uint64_t bucket) noexcept;

}  // namespace sabil::invalidation
