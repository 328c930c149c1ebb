// The one place where values become hashes: the resolver hashes the constants of a WHERE clause, the tailer the values
// of row images, and a row that the server would call equal to the constant must hash as it does. Anything about which
// this cannot be promised is refused, and the caller takes the table instead.
//
// Thread-safety: pure. Allocates nothing.
#pragma once

#include <cstdint>
#include <cstddef>
#include <optional>
#include <string_view>

#include "invalidation/schema/column.h"
#include "invalidation/sql/statement.h"
#include "mysql/binlog/value.h"

namespace sabil::invalidation {

// The hash of a constant compared with the column by `=`. nullopt: not comparable by value (its type is not the
// column's, characters outside printable ASCII, a form that the server would convert).
std::optional<std::uint64_t> hash_literal(const Column& column, const sql::Literal& literal) noexcept;

// The hash of a row's value. nullopt: any constant might equal it (a folded text with characters whose weight is not
// known here, a value of another kind than the column's).
std::optional<std::uint64_t> hash_value(const Column& column, const mysql::binlog::Value& value) noexcept;

// The hash of a text's first characters, for LIKE 'text%'. prefix: printable ASCII, on a text column; nullopt: it is not.
std::optional<std::uint64_t> hash_prefix(const Column& column, std::string_view prefix) noexcept;
// The same of a row's value. nullopt: it may begin with any.
std::optional<std::uint64_t> hash_value_prefix(const Column& column, const mysql::binlog::Value& value,
                                               std::size_t characters) noexcept;

// Puts a signature's values into one hash, in the order of its columns.
inline constexpr std::uint64_t value_hash_seed = 0x5ab11;

// A row whose values cannot be hashed for a signature (they may equal any constant, or the image leaves them out)
// stamps this value of it; every row dependency of a signature carries it beside its own.
inline constexpr std::uint64_t unhashable_value = 0xd1f7'0000'0000'0001;

}  // namespace sabil::invalidation
