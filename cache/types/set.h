// Distinct members. Encodings: intset (sorted integers), listpack (one compact block), hashtable.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cache/base/function_ref.h"
#include "cache/types/element.h"
#include "cache/types/encoding_limits.h"

namespace sabil::cache {

class MemberTable;

// One word. Views are valid until the next change. Thread-safety: one thread at a time (the slice's lock).
class Set {
  public:
    enum class Encoding : std::uint8_t { intset, listpack, hashtable };
    using Visitor = FunctionRef<bool(ElementView member)>;  // return false to stop

    Set() noexcept = default;
    Set(Set&& other) noexcept : word_(other.word_) { other.word_ = 0; }
    Set& operator=(Set&& other) noexcept;
    ~Set();

    std::size_t size() const noexcept;
    bool empty() const noexcept { return size() == 0; }
    bool contains(std::string_view member) const noexcept;
    bool add(std::string_view member, const EncodingLimits& limits);  // true where new
    bool erase(std::string_view member);
    void for_each(Visitor visit) const;
    // As Hash::scan; the compact encodings are visited whole.
    std::uint64_t scan(std::uint64_t cursor, std::size_t count, FunctionRef<void(ElementView)> visit) const;
    // A member chosen by `random` (any 64 bits), uniformly or nearly so. Requires !empty().
    ElementView random(std::uint64_t random) const noexcept;

    Encoding encoding() const noexcept;
    std::string_view encoding_name() const noexcept;
    std::size_t heap_bytes() const noexcept;
    // Moves blocks out of sparse slabs (heap.h), some of them where it is large; returns how many.
    std::size_t defragment();
    Set clone() const;

  private:
    std::unique_ptr<MemberTable> to_table();
    std::uintptr_t word_ = 0;  // 0: empty; else a pointer, tagged in bits 0-1: 0 intset, 1 packed block, 2 MemberTable
};

}  // namespace sabil::cache
