// Field -> value. Encodings: listpack (one compact block), hashtable. A field may carry an expiry of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/base/clock.h"
#include "cache/base/function_ref.h"
#include "cache/types/element.h"
#include "cache/types/encoding_limits.h"

namespace sabil::cache {

class HashTable;

// One word. Views are valid until the next change. Thread-safety: one thread at a time (the slice's lock).
class Hash {
  public:
    enum class Encoding : std::uint8_t { listpack, hashtable };
    using Visitor = FunctionRef<void(ElementView field, ElementView value)>;

    Hash() noexcept = default;
    Hash(Hash&& other) noexcept : word_(other.word_) { other.word_ = 0; }
    Hash& operator=(Hash&& other) noexcept;
    ~Hash();

    std::size_t size() const noexcept;  // fields
    bool empty() const noexcept { return size() == 0; }
    std::optional<ElementView> get(std::string_view field) const noexcept;
    bool contains(std::string_view field) const noexcept { return get(field).has_value(); }
    // True where the field is new. A field's expiry is dropped unless keep_expiry.
    bool set(std::string_view field, std::string_view value, const EncodingLimits& limits, bool keep_expiry = false);
    bool erase(std::string_view field);
    void for_each(Visitor visit) const;
    // Visits at least one and about `count` fields from `cursor` (0 starts), returns the next cursor, 0 at the end.
    // Every field present throughout is visited. The listpack encoding is visited whole.
    std::uint64_t scan(std::uint64_t cursor, std::size_t count, Visitor visit) const;
    // A field chosen by `random` (any 64 bits), uniformly or nearly so. Requires !empty().
    void random(std::uint64_t random, Visitor visit) const;

    // Field expiry (HEXPIRE). The hash itself never looks at a clock: whoever finds it calls expire_fields first.
    bool has_field_expiry() const noexcept;
    std::optional<WallTime> next_expiry() const noexcept;  // not later than the earliest field's
    std::optional<WallTime> expiry(std::string_view field) const noexcept;
    bool set_expiry(std::string_view field, std::optional<WallTime> at);  // nullopt: persist; false: no such field
    // Removes at most limit_fields fields due at `now`, telling each; returns how many.
    std::size_t expire_fields(WallTime now, std::size_t limit_fields, FunctionRef<void(std::string_view field)> tell);

    Encoding encoding() const noexcept;
    std::string_view encoding_name() const noexcept;  // as OBJECT ENCODING answers
    std::size_t heap_bytes() const noexcept;
    // Moves blocks out of sparse slabs (heap.h), some of them where it is large; returns how many.
    std::size_t defragment();
    Hash clone() const;

  private:
    // 0: empty; else a pointer, tagged in bit 0: 0 packed block, 1 HashTable.
    std::uintptr_t word_ = 0;
};

}  // namespace sabil::cache
