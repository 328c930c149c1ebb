#include "mysql/binlog/row_reader.h"

#include "mysql/binlog/column_value.h"
#include "mysql/wire/length_encoded.h"

namespace sabil::mysql::binlog {

namespace {

constexpr std::uint64_t partial_json_option = 1;

bool bit_at(std::string_view bits, std::size_t i) noexcept {
    return i / 8 < bits.size() && (static_cast<unsigned char>(bits[i / 8]) >> (i % 8) & 1U) != 0;
}

Value of_kind(ValueKind kind) noexcept {
    Value value;
    value.kind = kind;
    return value;
}

}  // namespace

RowReader::RowReader(const RowsEvent& event, std::span<const std::uint16_t> columns)
    : event_(event), in_(event.rows), wanted_at_(event.table->columns.size(), 0) {
    const auto count = std::min<std::size_t>(columns.size(), 0xfffe);
    for (std::size_t i = 0; i < count; ++i) {
        if (columns[i] >= wanted_at_.size()) continue;
        auto& at = wanted_at_[columns[i]];
        const auto value = static_cast<std::uint16_t>(i);
        if (at == 0) {
            at = static_cast<std::uint16_t>(value + 1);
        } else {
            repeated_.emplace_back(static_cast<std::uint16_t>(at - 1), value);
        }
    }
    before_.resize(columns.size());
    after_.resize(columns.size());
    storage_.reserve(2 * count * made_text_bytes_max);
    for (const auto& column : event.table->columns) json_columns_ += column.type == ColumnType::json ? 1U : 0U;
}

bool RowReader::next() {
    if (!status_) return false;
    if (in_.at_end()) {
        // A MINIMAL insert of nothing but defaults logs no byte, and is a row all the same.
        const bool logged_nothing = !started_ && event_.before.set_count() == 0 && event_.after.set_count() == 0;
        started_ = true;
        return logged_nothing;
    }
    started_ = true;
    storage_.clear();
    unpacked_.clear();
    const auto begin = in_.position();
    if (event_.has_before() && !read_image(event_.before, false, before_)) return false;
    if (event_.has_after() && !read_image(event_.after, event_.partial_json, after_)) return false;
    return in_.position() > begin || stop(0);
}

// Behind the before image of a PARTIAL_UPDATE: length-encoded options and, where they say so, a bit for each JSON
// column of the table, present or not.
bool RowReader::read_partial_bits(std::string_view& bits) {
    if (const auto options = read_length_encoded(in_); (options & partial_json_option) != 0) {
        bits = in_.take((json_columns_ + 7) / 8);
    }
    return in_.ok();
}

bool RowReader::stop(std::size_t column) {
    const auto& table = *event_.table;
    status_ = fail(ErrorCode::protocol, "a row of " + table.schema + "." + table.table +
                                            " does not fit its columns, at column " + std::to_string(column + 1));
    return false;
}

bool RowReader::read_image(ColumnBits present, bool may_be_partial, std::vector<Value>& values) {
    for (auto& value : values) value.kind = ValueKind::absent;
    std::string_view partial;
    if (may_be_partial && !read_partial_bits(partial)) return stop(0);
    const auto nulls = in_.take((present.set_count() + 7) / 8);
    if (!in_.ok()) return stop(0);
    const auto& columns = event_.table->columns;
    std::size_t null_at = 0;
    std::size_t json_at = 0;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const auto& column = columns[i];
        const bool is_partial = column.type == ColumnType::json && bit_at(partial, json_at);
        if (column.type == ColumnType::json) ++json_at;
        if (!present.test(i)) continue;
        const bool is_null = bit_at(nulls, null_at++);
        auto* value = wanted_at_[i] == 0 ? nullptr : &values[wanted_at_[i] - 1];
        if (is_null) {
            if (value != nullptr) *value = of_kind(ValueKind::null);
            continue;
        }
        const auto bytes = take_value_bytes(in_, column);
        if (!bytes) {
            status_ = fail(ErrorCode::unsupported, "column " + std::to_string(i + 1) + " of " + event_.table->schema +
                                                       "." + event_.table->table + " has the unknown type " +
                                                       std::to_string(static_cast<unsigned>(column.type)));
            return false;
        }
        if (!in_.ok()) return stop(i);
        if (value == nullptr) continue;
        if (is_partial) {
            *value = of_kind(ValueKind::partial_json);
            value->bytes = *bytes;
        } else if (!read_value(*bytes, column, storage_, unpacked_, *value)) {
            return stop(i);
        }
    }
    for (const auto& [from, to] : repeated_) values[to] = values[from];
    return true;
}

}  // namespace sabil::mysql::binlog
