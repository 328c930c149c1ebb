#include "cache/base/glob.h"

#include <utility>

namespace sabil {
namespace {

char folded(char c, CaseSensitivity sensitivity) noexcept {
    return sensitivity == CaseSensitivity::ignore && c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Matches one character against the pattern's unit at `at` (not a star) and steps over the unit.
bool unit_matches(std::string_view pattern, std::size_t& at, char c, CaseSensitivity sensitivity) noexcept {
    const char p = pattern[at];
    if (p == '?') {
        ++at;
        return true;
    }
    if (p == '\\' && at + 1 < pattern.size()) {
        at += 2;
        return folded(pattern[at - 1], sensitivity) == folded(c, sensitivity);
    }
    if (p != '[') {
        ++at;
        return folded(p, sensitivity) == folded(c, sensitivity);
    }
    ++at;
    const bool negated = at < pattern.size() && pattern[at] == '^';
    if (negated) ++at;
    bool matched = false;
    c = folded(c, sensitivity);
    while (at < pattern.size() && pattern[at] != ']') {
        if (pattern[at] == '\\' && at + 1 < pattern.size()) {
            matched |= folded(pattern[at + 1], sensitivity) == c;
            at += 2;
        } else if (at + 2 < pattern.size() && pattern[at + 1] == '-') {
            auto low = static_cast<unsigned char>(folded(pattern[at], sensitivity));
            auto high = static_cast<unsigned char>(folded(pattern[at + 2], sensitivity));
            if (low > high) std::swap(low, high);
            matched |= static_cast<unsigned char>(c) >= low && static_cast<unsigned char>(c) <= high;
            at += 3;
        } else {
            matched |= folded(pattern[at], sensitivity) == c;
            ++at;
        }
    }
    if (at < pattern.size()) ++at;  // the closing bracket; a missing one ends with the pattern
    return matched != negated;
}

// A pattern that steps over more stars than these matches nothing: other servers take it for an attack.
constexpr std::size_t stars_max_count = 1000;

}  // namespace

// Going back only ever to the last star suffices: a longer match of an earlier star could not help the later units.
bool glob_match(std::string_view pattern, std::string_view text, CaseSensitivity sensitivity) noexcept {
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t star_text = 0;
    std::size_t stars = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            while (p < pattern.size() && pattern[p] == '*') ++p;
            star = p;
            star_text = t;
            if (p == pattern.size()) return true;
            if (++stars > stars_max_count) return false;
            continue;
        }
        if (p < pattern.size() && unit_matches(pattern, p, text[t], sensitivity)) {
            ++t;
            continue;
        }
        if (star == std::string_view::npos) return false;
        p = star;
        t = ++star_text;
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

}  // namespace sabil
