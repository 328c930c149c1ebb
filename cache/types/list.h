// A sequence that is cheap at both ends. Encodings: listpack (one compact chunk), quicklist (chunks).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/base/function_ref.h"
#include "cache/types/element.h"
#include "cache/types/encoding_limits.h"

namespace sabil::cache {

class QuickList;

enum class ListEnd : bool { front, back };

// One word. Indexes are from 0 and must be below size() unless said otherwise; commands resolve negative ones. Views
// are valid until the next change. Thread-safety: one thread at a time (the slice's lock).
class List {
  public:
    enum class Encoding : std::uint8_t { listpack, quicklist };
    // Return false to stop.
    using Visitor = FunctionRef<bool(ElementView element)>;

    List() noexcept = default;
    List(List&& other) noexcept : word_(other.word_) { other.word_ = 0; }
    List& operator=(List&& other) noexcept;
    ~List();

    std::size_t size() const noexcept;
    bool empty() const noexcept { return size() == 0; }
    void push(ListEnd end, std::string_view element, const EncodingLimits& limits);
    std::optional<std::string> pop(ListEnd end);
    // As pop, giving the element to `take` without a copy; false when empty.
    bool pop(ListEnd end, FunctionRef<void(ElementView)> take);
    std::optional<ElementView> at(std::size_t index) const noexcept;  // nullopt past the end
    void set(std::size_t index, std::string_view element, const EncodingLimits& limits);
    void insert(std::size_t index, std::string_view element,
                const EncodingLimits& limits);         // before index; size(): append
    void erase(std::size_t index, std::size_t count);  // count is cut at the end
    // Removes up to `count` (0: all) equal elements from that end; returns how many.
    std::size_t remove(std::string_view element, std::size_t count, ListEnd from);
    // Visits [first, first + count), cut at the end.
    void for_range(std::size_t first, std::size_t count, Visitor visit) const;
    void for_each(Visitor visit) const { for_range(0, size(), visit); }
    // From the back to the front, the element at `last` first.
    void for_range_reverse(std::size_t last, std::size_t count, Visitor visit) const;

    // Whoever has removed or replaced elements calls it once at the end: a quicklist whose one chunk is left at half of
    // the limit or below becomes a listpack.
    void compact(const EncodingLimits& limits);

    Encoding encoding() const noexcept;
    std::string_view encoding_name() const noexcept;
    std::size_t heap_bytes() const noexcept;
    // Moves a small list out of a sparse slab (heap.h); how many blocks that were.
    std::size_t defragment();
    List clone() const;

  private:
    // Visits with index and bytes, in either direction.
    void walk(std::size_t first, std::size_t count, bool backwards,
              FunctionRef<bool(ElementView, std::size_t, const char*)> visit) const;
    std::uintptr_t word_ = 0;  // 0: empty; else a pointer, tagged in bit 0: 0 chunk, 1 QuickList
};

}  // namespace sabil::cache
