// A lookup's key with its {names}: "article:{id}". A name takes one or more characters other than ':', and a part
// between colons holds at most one, so that a key can be split in one way only.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cache/base/result.h"

namespace sabil::proxy::readthrough {

inline constexpr std::size_t max_names = 16;  // in one template
inline constexpr std::size_t max_key_template_bytes = 1024;

// What the names took, in the order of the template; views of the key.
struct Captures {
    std::array<std::string_view, max_names> values{};
    std::size_t count = 0;
};

// Thread-safety: immutable after parse().
class KeyTemplate {
  public:
    // Errors: invalid, naming the template and what is wrong with it.
    static Result<KeyTemplate> parse(const std::string& text);

    bool match(std::string_view key, Captures& captures) const noexcept;
    // Does every key of `other` match this template too?
    bool covers(const KeyTemplate& other) const noexcept;

    const std::string& text() const noexcept { return text_; }
    const std::vector<std::string>& names() const noexcept { return names_; }
    // What every key begins with, up to its first colon; empty where that part holds a name.
    std::string_view first_part() const noexcept { return parts_[0].named ? std::string_view{} : parts_[0].before; }

  private:
    // "before{name}after", or only "before".
    struct Part {
        std::string before;
        std::string after;
        bool named = false;
        bool covers(const Part& other) const noexcept;
    };
    std::string text_;
    std::vector<Part> parts_;
    std::vector<std::string> names_;
};

bool is_name(std::string_view text) noexcept;  // letters, digits and _, not a digit first

}  // namespace sabil::proxy::readthrough
