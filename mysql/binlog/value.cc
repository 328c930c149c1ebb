#include "mysql/binlog/value.h"

#include <array>
#include <charconv>

namespace sabil::mysql::binlog {

std::uint64_t Value::as_unsigned() const noexcept {
    if (kind == ValueKind::unsigned_integer) return unsigned_integer;
    const auto raw = static_cast<std::uint64_t>(integer);
    return integer_bytes == 0 || integer_bytes >= 8 ? raw : raw & ((std::uint64_t{1} << 8 * integer_bytes) - 1);
}

std::string to_string(const Value& value) {
    switch (value.kind) {
        case ValueKind::absent:
            return "(absent)";
        case ValueKind::null:
            return "NULL";
        case ValueKind::integer:
            return std::to_string(value.integer);
        case ValueKind::unsigned_integer:
            return std::to_string(value.unsigned_integer);
        case ValueKind::real: {
            std::array<char, 40> text{};
            const auto end = std::to_chars(text.data(), text.data() + text.size(), value.real).ptr;
            return {text.data(), end};
        }
        case ValueKind::timestamp: {
            auto text = std::to_string(value.integer);
            if (value.microseconds == 0) return text;
            auto fraction = std::to_string(value.microseconds + 1000000);
            fraction.front() = '.';
            return text + fraction;
        }
        default:
            return std::string(value.bytes);
    }
}

}  // namespace sabil::mysql::binlog
