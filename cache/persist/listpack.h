// Redis' listpack, as it stands in RDB files and DUMP payloads:
//   u32 bytes in all | u16 elements (65,535: not known) | elements, each followed by its size as a back length | 0xff
// Elements are encoded as in cache/types/packed_element.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/base/function_ref.h"
#include "cache/types/element.h"
#include "cache/types/packed_element.h"

namespace sabil::cache {

// Thread-safety: one thread.
class ListpackWriter {
  public:
    ListpackWriter();
    void add(const PackedElement& element);
    void add(ElementView element);
    void add_text(std::string_view text) { add(PackedElement(text)); }
    void add_integer(std::int64_t value) { add(PackedElement(value)); }
    std::size_t bytes() const noexcept { return out_.size() + 1; }
    std::uint32_t count() const noexcept { return count_; }
    // Completes it; the writer is empty again afterwards.
    std::string finish();

  private:
    std::string out_;
    std::uint32_t count_ = 0;
};

// Walks a listpack of unknown origin. Every step is checked; the first error ends the walk. Thread-safety: one thread.
class ListpackReader {
  public:
    explicit ListpackReader(std::string_view bytes) noexcept;
    bool ok() const noexcept { return ok_; }
    bool at_end() const noexcept { return !ok_ || rest_.empty(); }
    // The next element; empty and not ok() where there is none.
    ElementView next() noexcept;
    std::int64_t next_integer() noexcept;  // not ok() where it is no integer
    // Where the next element stands, to go back to.
    std::string_view mark() const noexcept { return rest_; }
    void back_to(std::string_view mark) noexcept { rest_ = mark; }

  private:
    std::string_view rest_;  // elements not yet read
    bool ok_ = true;
};

}  // namespace sabil::cache
