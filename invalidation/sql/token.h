// What the lexer yields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "invalidation/sql/words.h"

namespace sabil::invalidation::sql {

enum class TokenKind : std::uint8_t {
    end,
    error,            // not readable: unterminated, a bad byte, a versioned comment of unknown effect
    word,             // unquoted name or keyword
    quoted_word,      // `name`, or "name" with ANSI_QUOTES; text includes the quotes
    string,           // '..' or ".."; text includes the quotes
    national_string,  // N'..'
    integer,
    decimal,
    floating,
    hex,            // 0x.. or x'..'
    bit,            // 0b.. or b'..'
    null_escape,    // \N
    parameter,      // ?
    user_variable,  // @name; text includes the @ and quotes
    op,
};

// Operators and punctuation: up to three characters, packed.
enum class Op : std::uint32_t { none = 0 };

constexpr Op pack_op(std::string_view text) noexcept {
    std::uint32_t packed = 0;
    for (const char c : text) packed = (packed << 8U) | static_cast<unsigned char>(c);
    return static_cast<Op>(packed);
}

// ">="_op
consteval Op operator""_op(const char* text, std::size_t size) {
    return pack_op({text, size});
}

struct Token {
    TokenKind kind = TokenKind::end;
    bool spaced = false;  // white space or a comment stands before it
    Word word = Word::none;
    Op op = Op::none;
    std::string_view text;  // a view into the statement

    bool is(Word w) const noexcept { return word == w && kind == TokenKind::word; }
    bool is(Op o) const noexcept { return op == o; }
    bool is_name() const noexcept { return kind == TokenKind::word || kind == TokenKind::quoted_word; }
};

}  // namespace sabil::invalidation::sql
