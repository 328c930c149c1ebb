// What a container or string holds: bytes, which the compact encodings keep as an integer where they are exactly one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cache/base/number_text.h"

namespace sabil::cache {

// A view; valid until the container that gave it is changed. Thread-safety: a value type.
class ElementView {
  public:
    ElementView() noexcept = default;
    explicit ElementView(std::string_view bytes) noexcept : data_(bytes.data()), size_(bytes.size()) {}
    static ElementView of_integer(std::int64_t value) noexcept {
        ElementView view;
        view.integer_ = value;
        view.size_ = integer_tag;
        return view;
    }

    bool is_integer() const noexcept { return size_ == integer_tag; }
    std::int64_t integer() const noexcept { return integer_; }          // requires is_integer()
    std::string_view bytes() const noexcept { return {data_, size_}; }  // requires !is_integer()
    std::size_t size() const noexcept { return is_integer() ? integer_digits(integer_) : size_; }  // of the text

    // The text; integers are written into scratch, which must live as long as the view is used.
    std::string_view text(DecimalBuffer& scratch) const noexcept {
        return is_integer() ? format_integer(integer_, scratch) : bytes();
    }
    std::string str() const {
        DecimalBuffer scratch;
        return std::string(text(scratch));
    }
    bool operator==(std::string_view other) const noexcept {
        DecimalBuffer scratch;
        return text(scratch) == other;
    }

  private:
    static constexpr std::size_t integer_tag = SIZE_MAX;
    union {
        const char* data_ = "";
        std::int64_t integer_;
    };
    std::size_t size_ = 0;
};

}  // namespace sabil::cache
