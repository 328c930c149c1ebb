// One key with its value, expiry and provenance in a single heap block:
//   header (8 bytes) | expiry (8, optional) | provenance pointer (8, optional) | payload (8, or none for inline
//   strings) | key | inline string bytes
// Strings up to inline_string_bytes and integers need no second block; containers are one word that points to theirs.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>

#include "cache/base/clock.h"
#include "cache/store/provenance.h"
#include "cache/store/value.h"

namespace sabil::cache {

// A handle is valid until the next change of its slice through Database; views likewise.
// Thread-safety: under the slice's lock.
class Entry {
  public:
    static constexpr std::size_t inline_string_bytes = 1024;

    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;

    std::string_view key() const noexcept;
    ValueType type() const noexcept { return static_cast<ValueType>(type_); }
    std::string_view encoding_name() const noexcept;

    bool has_expiry() const noexcept { return (flags_ & flag_expiry) != 0; }
    std::optional<WallTime> expiry() const noexcept;
    // nullptr for entries that clients own.
    const Provenance* provenance() const noexcept;
    bool filled() const noexcept { return (flags_ & flag_filled) != 0; }

    // Requires type() == string.
    ElementView string() const noexcept;
    // The integer of a string that is kept as one; nullptr otherwise. Writing through it is how INCR works in place.
    std::int64_t* integer() noexcept;
    // The container; nullptr where the type is another. T: String (only while kept apart), List, Set, ZSet, Hash,
    // Stream, BlobRef.
    template <class T>
    T* get() noexcept {
        return holds<T>() ? reinterpret_cast<T*>(payload()) : nullptr;
    }
    template <class T>
    const T* get() const noexcept {
        return const_cast<Entry*>(this)->get<T>();
    }

    // Everything this key costs, as the allocator counts it; large tables are sampled.
    std::size_t memory_bytes() const noexcept;
    // For OBJECT IDLETIME and FREQ: 24 bits, their meaning is the eviction policy's.
    std::uint32_t access() const noexcept;

  private:
    friend class EntryBuilder;
    Entry() = default;
    template <class T>
    bool holds() const noexcept;
    char* payload() noexcept;
    const char* payload() const noexcept { return const_cast<Entry*>(this)->payload(); }

    static constexpr std::uint8_t flag_expiry = 1;
    static constexpr std::uint8_t flag_filled = 2;
    static constexpr std::uint8_t flag_long_key = 4;  // key length in 4 bytes after the fixed fields
    static constexpr std::uint8_t flag_inline = 8;    // string bytes follow the key
    static constexpr std::uint8_t flag_integer = 16;  // payload is the integer
    static constexpr std::uint8_t flag_raw = 32;      // was edited: OBJECT ENCODING says raw whatever its length

    std::uint8_t type_;
    std::uint8_t flags_;
    std::uint8_t access_[3];
    std::uint8_t key_bytes_;
    std::uint16_t inline_bytes_;
};

template <class T>
bool Entry::holds() const noexcept {
    if constexpr (std::is_same_v<T, String>) {
        return type() == ValueType::string && (flags_ & (flag_inline | flag_integer)) == 0;
    } else if constexpr (std::is_same_v<T, List>) {
        return type() == ValueType::list;
    } else if constexpr (std::is_same_v<T, Set>) {
        return type() == ValueType::set;
    } else if constexpr (std::is_same_v<T, ZSet>) {
        return type() == ValueType::zset;
    } else if constexpr (std::is_same_v<T, Hash>) {
        return type() == ValueType::hash;
    } else if constexpr (std::is_same_v<T, Stream>) {
        return type() == ValueType::stream;
    } else {
        static_assert(std::is_same_v<T, BlobRef>);
        return type() == ValueType::blob;
    }
}

}  // namespace sabil::cache
