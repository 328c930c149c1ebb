// The sizes that small heap blocks come in: steps of 4 bytes up to 64, of 8 up to 256, then doubling with every power
// of two, so that from there on no more than a sixteenth is lost.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sabil::heap {

inline constexpr std::size_t largest_slab_bytes = 2048;

namespace size_classes_internal {

constexpr std::size_t step_at(std::size_t size_bytes) noexcept {
    if (size_bytes < 64) return 4;
    if (size_bytes < 256) return 8;
    return size_bytes < 512 ? 16 : size_bytes < 1024 ? 32 : 64;
}

constexpr std::size_t smallest_bytes = 8;

constexpr std::size_t count() noexcept {
    std::size_t classes = 1;
    for (auto size = smallest_bytes; size < largest_slab_bytes; size += step_at(size)) ++classes;
    return classes;
}

}  // namespace size_classes_internal

using SizeClass = std::uint8_t;
inline constexpr std::size_t size_classes_count = size_classes_internal::count();

inline constexpr auto class_bytes = [] {
    std::array<std::uint16_t, size_classes_count> bytes{};
    std::size_t size = size_classes_internal::smallest_bytes;
    for (auto& each : bytes) {
        each = static_cast<std::uint16_t>(size);
        size += size_classes_internal::step_at(size);
    }
    return bytes;
}();

// Indexed by (size + 3) / 4: the smallest class whose blocks hold that size and are aligned to `alignment`.
template <std::size_t alignment>
inline constexpr auto class_by_quarter = [] {
    std::array<SizeClass, largest_slab_bytes / 4 + 1> classes{};
    SizeClass at = 0;
    for (std::size_t quarter = 0; quarter < classes.size(); ++quarter) {
        while (class_bytes[at] < quarter * 4) ++at;
        auto aligned = at;
        while (class_bytes[aligned] % alignment != 0) ++aligned;
        classes[quarter] = aligned;
    }
    return classes;
}();

// alignment: 4, 8 or 64. Requires size_bytes <= largest_slab_bytes.
template <std::size_t alignment>
constexpr SizeClass class_for(std::size_t size_bytes) noexcept {
    return class_by_quarter<alignment>[(size_bytes + 3) / 4];
}

}  // namespace sabil::heap
