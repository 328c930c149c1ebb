#include "invalidation/sql/literal.h"

#include <cstddef>

namespace sabil::invalidation::sql {

namespace {

unsigned nibble(char c) noexcept {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    return static_cast<unsigned>((c | 0x20) - 'a' + 10);
}

// What follows a backslash; % and _ keep theirs, for LIKE.
void append_escaped(std::string& out, char c) {
    switch (c) {
        case '0':
            out += '\0';
            return;
        case 'b':
            out += '\b';
            return;
        case 'n':
            out += '\n';
            return;
        case 'r':
            out += '\r';
            return;
        case 't':
            out += '\t';
            return;
        case 'Z':
            out += '\x1a';
            return;
        case '%':
        case '_':
            out += '\\';
            break;
        default:
            break;
    }
    out += c;
}

std::string undouble(std::string_view quoted) {
    const char quote = quoted[0];
    std::string out;
    for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
        out += quoted[i];
        if (quoted[i] == quote) ++i;
    }
    return out;
}

}  // namespace

std::string decode_string(std::string_view quoted, bool backslash_escapes) {
    if (!backslash_escapes) return undouble(quoted);
    const char quote = quoted[0];
    std::string out;
    out.reserve(quoted.size());
    for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
        const char c = quoted[i];
        if (c == '\\') {
            append_escaped(out, quoted[++i]);
            continue;
        }
        out += c;
        if (c == quote) ++i;
    }
    return out;
}

std::string decode_name(const Token& token) {
    return token.kind == TokenKind::quoted_word ? undouble(token.text) : std::string(token.text);
}

std::string decode_bytes(const Token& token) {
    std::string_view digits = token.text.substr(2);
    if (digits.ends_with('\'')) digits.remove_suffix(1);
    const std::size_t per_byte = token.kind == TokenKind::hex ? 2 : 8;
    const unsigned shift = token.kind == TokenKind::hex ? 4 : 1;
    std::string out;
    out.reserve(digits.size() / per_byte + 1);
    unsigned byte = 0;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        byte = (byte << shift) | nibble(digits[i]);
        if ((digits.size() - i - 1) % per_byte == 0) {
            out += static_cast<char>(byte & 0xffU);
            byte = 0;
        }
    }
    return out;
}

}  // namespace sabil::invalidation::sql
