// Leading and trailing comments. Needs no mode: what could be read in two ways is kept.
#include <cstddef>

#include "invalidation/sql/statement.h"

namespace sabil::invalidation::sql {

namespace {

constexpr auto npos = std::string_view::npos;

bool is_blank(char c) noexcept {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

// Where a plain comment at `from` ends; `from` itself where none starts there, npos where it is open or doubtful.
std::size_t comment_end(std::string_view text, std::size_t from) noexcept {
    const std::string_view rest = text.substr(from);
    const bool dashes = rest.starts_with("--") && (rest.size() == 2 || is_blank(rest[2]));
    if (rest.starts_with('#') || dashes) {
        const std::size_t newline = text.find('\n', from);
        return newline == npos ? text.size() : newline + 1;
    }
    if (!rest.starts_with("/*")) return from;
    if (rest.starts_with("/*!") || rest.starts_with("/*+") || rest.starts_with("/*M!")) return npos;
    const std::size_t end = text.find("*/", from + 2);
    if (end == npos || text.substr(from + 2, end - from - 2).find("/*") != npos) return npos;
    return end + 2;
}

std::size_t quote_end(std::string_view text, std::size_t from, bool escapes) noexcept {
    const char quote = text[from];
    for (std::size_t i = from + 1; i < text.size(); ++i) {
        if (escapes && text[i] == '\\' && quote != '`') {
            ++i;
        } else if (text[i] == quote) {
            return i + 1;  // a doubled one opens the next
        }
    }
    return npos;
}

// Where the last thing that is neither blank nor plain comment ends; npos: doubtful.
std::size_t significant_end(std::string_view text, std::size_t from, bool escapes) noexcept {
    std::size_t end = from;
    std::size_t at = from;
    while (at < text.size()) {
        const char c = text[at];
        if (is_blank(c)) {
            ++at;
            continue;
        }
        if (c == '#' || c == '-' || c == '/') {
            const std::size_t behind = comment_end(text, at);
            if (behind == npos) return npos;
            if (behind != at) {
                at = behind;
                continue;
            }
        }
        const bool quote = c == '\'' || c == '"' || c == '`';
        at = quote ? quote_end(text, at, escapes) : at + 1;
        if (at == npos) return npos;
        end = at;
    }
    return end;
}

std::size_t significant_begin(std::string_view text) noexcept {
    std::size_t at = 0;
    while (at < text.size()) {
        if (is_blank(text[at])) {
            ++at;
            continue;
        }
        if (text[at] != '/' && text[at] != '-' && text[at] != '#') return at;
        const std::size_t behind = comment_end(text, at);
        if (behind == npos || behind == at) return at;
        at = behind;
    }
    return at;
}

bool has_high_byte(std::string_view text) noexcept {
    for (const char c : text) {
        if ((c & 0x80) != 0) return true;
    }
    return false;
}

}  // namespace

std::string_view key_text(std::string_view text) noexcept {
    const std::size_t begin = significant_begin(text);
    if (begin == text.size()) return text;
    const std::string_view without_head = text.substr(begin);
    // Nothing at its end can be a comment: most statements.
    const char last = text.back();
    if (!is_blank(last) && last != '/' && text.find('#') == npos && text.find("--") == npos) return without_head;
    std::size_t end = significant_end(text, begin, true);
    if (end == npos) return without_head;
    if (text.find('\\') != npos) {
        // A backslash may escape a quote, or not, or be half of a character.
        if (has_high_byte(text) || significant_end(text, begin, false) != end) return without_head;
    }
    return text.substr(begin, end - begin);
}

}  // namespace sabil::invalidation::sql
