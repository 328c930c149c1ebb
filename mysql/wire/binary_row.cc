#include "mysql/wire/binary_row.h"

#include <array>
#include <bit>
#include <charconv>
#include <cstdio>

#include "mysql/wire/length_encoded.h"

namespace sabil::mysql {

namespace {

enum class Form : std::uint8_t { integer, float_, double_, date_time, time, text, none, unknown };

struct Layout {
    Form form = Form::unknown;
    std::uint8_t bytes = 0;  // of an integer
};

Layout layout_of(ColumnType type) noexcept {
    switch (type) {
        case ColumnType::tiny:
            return {Form::integer, 1};
        case ColumnType::short_int:
        case ColumnType::year:
            return {Form::integer, 2};
        case ColumnType::long_int:
        case ColumnType::int24:
            return {Form::integer, 4};
        case ColumnType::long_long:
            return {Form::integer, 8};
        case ColumnType::float_:
            return {Form::float_};
        case ColumnType::double_:
            return {Form::double_};
        case ColumnType::null:
            return {Form::none};
        case ColumnType::date:
        case ColumnType::datetime:
        case ColumnType::timestamp:
        case ColumnType::new_date:
            return {Form::date_time};
        case ColumnType::time:
            return {Form::time};
        case ColumnType::decimal:
        case ColumnType::new_decimal:
        case ColumnType::varchar:
        case ColumnType::bit:
        case ColumnType::vector:
        case ColumnType::json:
        case ColumnType::enum_:
        case ColumnType::set:
        case ColumnType::tiny_blob:
        case ColumnType::medium_blob:
        case ColumnType::long_blob:
        case ColumnType::blob:
        case ColumnType::var_string:
        case ColumnType::string:
        case ColumnType::geometry:
            return {Form::text};
        default:
            return {};
    }
}

std::int64_t sign_extend(std::uint64_t raw, std::size_t bytes) noexcept {
    const auto shift = 64 - 8 * bytes;
    return static_cast<std::int64_t>(raw << shift) >> shift;
}

BinaryValue read_date_time(ByteReader& in) noexcept {
    const auto length = in.u8();
    if (length != 0 && length != 4 && length != 7 && length != 11) in.fail();
    BinaryDateTime value;
    if (length >= 4) {
        value.year = in.u16();
        value.month = in.u8();
        value.day = in.u8();
    }
    if (length >= 7) {
        value.hour = in.u8();
        value.minute = in.u8();
        value.second = in.u8();
    }
    if (length == 11) value.microseconds = in.u32();
    return value;
}

BinaryValue read_time(ByteReader& in) noexcept {
    const auto length = in.u8();
    if (length != 0 && length != 8 && length != 12) in.fail();
    BinaryTime value;
    if (length >= 8) {
        value.negative = in.u8() != 0;
        value.days = in.u32();
        value.hours = in.u8();
        value.minutes = in.u8();
        value.seconds = in.u8();
    }
    if (length == 12) value.microseconds = in.u32();
    return value;
}

void write_date_time(ByteWriter& out, const BinaryDateTime& value) {
    const bool fraction = value.microseconds != 0;
    const bool clock = fraction || value.hour != 0 || value.minute != 0 || value.second != 0;
    const bool calendar = clock || value.year != 0 || value.month != 0 || value.day != 0;
    out.u8(fraction ? 11 : clock ? 7 : calendar ? 4 : 0);
    if (!calendar) return;
    out.u16(value.year);
    out.u8(value.month);
    out.u8(value.day);
    if (!clock) return;
    out.u8(value.hour);
    out.u8(value.minute);
    out.u8(value.second);
    if (fraction) out.u32(value.microseconds);
}

void write_time(ByteWriter& out, const BinaryTime& value) {
    if (value == BinaryTime{}) {
        out.u8(0);
        return;
    }
    out.u8(value.microseconds != 0 ? 12 : 8);
    out.u8(value.negative ? 1 : 0);
    out.u32(value.days);
    out.u8(value.hours);
    out.u8(value.minutes);
    out.u8(value.seconds);
    if (value.microseconds != 0) out.u32(value.microseconds);
}

template <class T>
std::string shortest(T value) {
    std::array<char, 64> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    std::string text(buffer.data(), end);
    if (const auto plus = text.find("e+"); plus != std::string::npos) text.erase(plus + 1, 1);
    return text;
}

void append_fraction(std::string& out, std::uint32_t microseconds, std::uint8_t decimals) {
    if (decimals > 6) decimals = microseconds == 0 ? 0 : 6;
    if (decimals == 0) return;
    std::array<char, 16> digits{};
    std::snprintf(digits.data(), digits.size(), ".%06u", static_cast<unsigned>(microseconds % 1000000));
    out.append(digits.data(), 1U + decimals);
}

std::string date_time_text(const BinaryDateTime& v, ColumnType type, std::uint8_t decimals) {
    std::array<char, 32> text{};
    int length = std::snprintf(text.data(), text.size(), "%04u-%02u-%02u", v.year, v.month, v.day);
    std::string out(text.data(), static_cast<std::size_t>(length));
    if (type == ColumnType::date || type == ColumnType::new_date) return out;
    length = std::snprintf(text.data(), text.size(), " %02u:%02u:%02u", v.hour, v.minute, v.second);
    out.append(text.data(), static_cast<std::size_t>(length));
    append_fraction(out, v.microseconds, decimals);
    return out;
}

std::string time_text(const BinaryTime& v, std::uint8_t decimals) {
    std::array<char, 40> text{};
    const auto hours = static_cast<unsigned long long>(v.days) * 24 + v.hours;
    const int length = std::snprintf(text.data(), text.size(), "%s%02llu:%02u:%02u", v.negative ? "-" : "", hours,
                                     v.minutes, v.seconds);
    std::string out(text.data(), static_cast<std::size_t>(length));
    append_fraction(out, v.microseconds, decimals);
    return out;
}

}  // namespace

BinaryValue read_binary_value(ByteReader& in, BinaryColumn column) noexcept {
    const auto layout = layout_of(column.type);
    switch (layout.form) {
        case Form::integer: {
            const auto raw = in.uint_le(layout.bytes);
            if (column.is_unsigned) return raw;
            return sign_extend(raw, layout.bytes);
        }
        case Form::float_:
            return std::bit_cast<float>(in.u32());
        case Form::double_:
            return std::bit_cast<double>(in.u64());
        case Form::date_time:
            return read_date_time(in);
        case Form::time:
            return read_time(in);
        case Form::text:
            return read_length_encoded_string(in);
        case Form::none:
            return std::monostate{};
        case Form::unknown:
            break;
    }
    in.fail();
    return std::monostate{};
}

Result<void> write_binary_value(ByteWriter& out, ColumnType type, const BinaryValue& value) {
    const auto layout = layout_of(type);
    if (layout.form == Form::integer && std::holds_alternative<std::int64_t>(value)) {
        out.uint_le(static_cast<std::uint64_t>(std::get<std::int64_t>(value)), layout.bytes);
    } else if (layout.form == Form::integer && std::holds_alternative<std::uint64_t>(value)) {
        out.uint_le(std::get<std::uint64_t>(value), layout.bytes);
    } else if (layout.form == Form::float_ && std::holds_alternative<float>(value)) {
        out.u32(std::bit_cast<std::uint32_t>(std::get<float>(value)));
    } else if (layout.form == Form::double_ && std::holds_alternative<double>(value)) {
        out.u64(std::bit_cast<std::uint64_t>(std::get<double>(value)));
    } else if (layout.form == Form::date_time && std::holds_alternative<BinaryDateTime>(value)) {
        write_date_time(out, std::get<BinaryDateTime>(value));
    } else if (layout.form == Form::time && std::holds_alternative<BinaryTime>(value)) {
        write_time(out, std::get<BinaryTime>(value));
    } else if (layout.form == Form::text && std::holds_alternative<std::string_view>(value)) {
        write_length_encoded_string(out, std::get<std::string_view>(value));
    } else {
        return fail(ErrorCode::invalid, "a value does not suit its type " + std::string(column_type_name(type)));
    }
    return {};
}

Result<std::vector<BinaryValue>> parse_binary_row(std::string_view payload, std::span<const BinaryColumn> columns) {
    ByteReader in(payload);
    const auto marker = in.u8();
    const auto nulls = in.take((columns.size() + 9) / 8);
    if (!in.ok() || marker != 0) return fail(ErrorCode::protocol, "the packet is no binary row of that many columns");
    std::vector<BinaryValue> values(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const bool is_null = (static_cast<unsigned char>(nulls[(i + 2) / 8]) >> ((i + 2) % 8) & 1U) != 0;
        if (!is_null) values[i] = read_binary_value(in, columns[i]);
    }
    if (!in.ok() || !in.at_end()) return fail(ErrorCode::protocol, "a binary row does not fit its columns");
    return values;
}

Result<void> build_binary_row(std::string& out, std::span<const BinaryColumn> columns,
                              std::span<const BinaryValue> values) {
    if (columns.size() != values.size())
        return fail(ErrorCode::invalid, "a binary row needs one value for each column");
    ByteWriter w(out);
    w.u8(0);
    std::string nulls((columns.size() + 9) / 8, '\0');
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::holds_alternative<std::monostate>(values[i])) continue;
        nulls[(i + 2) / 8] = static_cast<char>(nulls[(i + 2) / 8] | 1 << ((i + 2) % 8));
    }
    w.bytes(nulls);
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (std::holds_alternative<std::monostate>(values[i])) continue;
        if (auto written = write_binary_value(w, columns[i].type, values[i]); !written) return written;
    }
    return {};
}

std::string to_text(const BinaryValue& value, ColumnType type, std::uint8_t decimals) {
    struct Visitor {
        ColumnType type;
        std::uint8_t decimals;
        std::string operator()(std::monostate) const { return {}; }
        std::string operator()(std::int64_t v) const { return std::to_string(v); }
        std::string operator()(std::uint64_t v) const { return std::to_string(v); }
        std::string operator()(float v) const { return shortest(v); }
        std::string operator()(double v) const { return shortest(v); }
        std::string operator()(std::string_view v) const { return std::string(v); }
        std::string operator()(const BinaryDateTime& v) const { return date_time_text(v, type, decimals); }
        std::string operator()(const BinaryTime& v) const { return time_text(v, decimals); }
    };
    return std::visit(Visitor{type, decimals}, value);
}

}  // namespace sabil::mysql
