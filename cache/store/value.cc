#include "cache/store/value.h"

#include <type_traits>

namespace sabil::cache {

std::string_view type_name(ValueType type) noexcept {
    switch (type) {
        case ValueType::string:
            return "string";
        case ValueType::list:
            return "list";
        case ValueType::set:
            return "set";
        case ValueType::zset:
            return "zset";
        case ValueType::hash:
            return "hash";
        case ValueType::stream:
            return "stream";
        case ValueType::blob:
            return "blob";
        case ValueType::absent:
            break;
    }
    return "none";
}

Value Value::string(std::string_view bytes) {
    if (auto value = parse_integer(bytes)) return integer(*value);
    return Value(Variant(String(bytes)));
}

ValueType Value::type() const noexcept {
    constexpr ValueType types[] = {ValueType::absent, ValueType::string, ValueType::string,
                                   ValueType::list,   ValueType::set,    ValueType::zset,
                                   ValueType::hash,   ValueType::stream, ValueType::blob};
    return types[value_.index()];
}

std::string_view Value::encoding_name() const noexcept {
    return std::visit(
        [](const auto& held) -> std::string_view {
            using T = std::remove_cvref_t<decltype(held)>;
            if constexpr (std::is_same_v<T, std::monostate>) {
                return "absent";
            } else if constexpr (std::is_same_v<T, std::int64_t>) {
                return "int";
            } else if constexpr (std::is_same_v<T, String>) {
                return "raw";
            } else if constexpr (std::is_same_v<T, BlobRef>) {
                return "blob";
            } else {
                return held.encoding_name();
            }
        },
        value_);
}

std::size_t Value::heap_bytes() const noexcept {
    return std::visit(
        [](const auto& held) -> std::size_t {
            using T = std::remove_cvref_t<decltype(held)>;
            if constexpr (std::is_same_v<T, std::monostate> || std::is_same_v<T, std::int64_t>) {
                return 0;
            } else if constexpr (std::is_same_v<T, BlobRef>) {
                return held ? held->heap_bytes() : 0;
            } else {
                return held.heap_bytes();
            }
        },
        value_);
}

Value Value::clone() const {
    return std::visit(
        [](const auto& held) {
            using T = std::remove_cvref_t<decltype(held)>;
            if constexpr (requires { held.clone(); }) {
                return Value(Variant(held.clone()));
            } else {
                return Value(Variant(T(held)));
            }
        },
        value_);
}

}  // namespace sabil::cache
