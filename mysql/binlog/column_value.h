// One value of a row image: its extent, and what it says.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "cache/base/bytes.h"
#include "mysql/binlog/table_map.h"
#include "mysql/binlog/value.h"

namespace sabil::mysql::binlog {

// The bytes of a value, without the length in front of it; latches the reader's error where they are not all there.
// Nothing for a type that is not known.
std::optional<std::string_view> take_value_bytes(ByteReader& in, const TableColumn& column) noexcept;

// Text made from a packed value takes at most this; `storage` must have that much reserved for each value.
inline constexpr std::size_t made_text_bytes_max = 96;
inline constexpr std::size_t unpacked_column_bytes_max = 1U << 26;

// What the bytes say. Text is made in `storage`, compressed columns are unpacked into `unpacked`. False where the bytes
// do not fit the type.
bool read_value(std::string_view bytes, const TableColumn& column, std::string& storage,
                std::deque<std::string>& unpacked, Value& out);

}  // namespace sabil::mysql::binlog
