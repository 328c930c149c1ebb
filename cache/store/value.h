// A value outside the keyspace: built by a command, a lookup or a loader, then moved in; or moved out by RENAME and
// GETDEL.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "cache/types/blob.h"
#include "cache/types/hash.h"
#include "cache/types/list.h"
#include "cache/types/set.h"
#include "cache/types/stream.h"
#include "cache/types/string.h"
#include "cache/types/zset.h"

namespace sabil::cache {

enum class ValueType : std::uint8_t {
    string,
    list,
    set,
    zset,
    hash,
    stream,
    blob,    // internal database only
    absent,  // a remembered absence, filled entries only; reads see no key
};

// As TYPE answers: "string", "list", ...
std::string_view type_name(ValueType type) noexcept;

// Thread-safety: one thread at a time.
class Value {
  public:
    // std::int64_t: a string kept as an integer. std::monostate: a remembered absence.
    using Variant = std::variant<std::monostate, std::int64_t, String, List, Set, ZSet, Hash, Stream, BlobRef>;

    Value() noexcept = default;  // a remembered absence
    // A string, kept as an integer where it is the text of one.
    static Value string(std::string_view bytes);
    static Value integer(std::int64_t value) { return Value(Variant(value)); }
    static Value blob(BlobRef blob) { return Value(Variant(std::move(blob))); }
    explicit Value(List list) : value_(std::move(list)) {}
    explicit Value(Set set) : value_(std::move(set)) {}
    explicit Value(ZSet zset) : value_(std::move(zset)) {}
    explicit Value(Hash hash) : value_(std::move(hash)) {}
    explicit Value(Stream stream) : value_(std::move(stream)) {}
    explicit Value(Variant value) : value_(std::move(value)) {}

    ValueType type() const noexcept;
    std::string_view encoding_name() const noexcept;  // as OBJECT ENCODING answers
    // Heap bytes as the allocator counts them; sampled for large tables.
    std::size_t heap_bytes() const noexcept;
    Value clone() const;

    const Variant& variant() const noexcept { return value_; }
    Variant& variant() noexcept { return value_; }
    template <class T>
    T* get() noexcept {
        return std::get_if<T>(&value_);
    }
    template <class T>
    const T* get() const noexcept {
        return std::get_if<T>(&value_);
    }

  private:
    Variant value_;
};

}  // namespace sabil::cache
