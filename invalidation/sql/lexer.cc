#include "invalidation/sql/lexer.h"

#include <algorithm>
#include <array>

namespace sabil::invalidation::sql {

namespace {

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
bool is_hex_digit(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}
bool is_bit_digit(char c) noexcept {
    return c == '0' || c == '1';
}
bool is_ascii_name(char c) noexcept {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

// Length of the well-formed UTF-8 sequence at the start of `text`, 0 where there is none.
std::size_t utf8_bytes(std::string_view text) noexcept {
    const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto continues = [&byte](std::size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
    const unsigned lead = byte(0);
    if (lead >= 0xc2 && lead <= 0xdf) return continues(1) ? 2 : 0;
    if (lead >= 0xe0 && lead <= 0xef) {
        if (lead == 0xe0 && byte(1) < 0xa0) return 0;
        return continues(1) && continues(2) ? 3 : 0;
    }
    if (lead >= 0xf0 && lead <= 0xf4) {
        if (lead == 0xf0 && byte(1) < 0x90) return 0;
        return continues(1) && continues(2) && continues(3) ? 4 : 0;
    }
    return 0;
}

Word word_of(std::string_view text) noexcept {
    std::array<char, longest_word_bytes()> upper{};
    if (text.size() > upper.size()) return Word::none;
    std::transform(text.begin(), text.end(), upper.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return find_word({upper.data(), text.size()});
}

}  // namespace

Lexer::Lexer(std::string_view text, const ParseMode& mode) noexcept : text_(text), mode_(mode) {
    if (mode.foreign_grammar || mode.charset == ClientCharset::unsupported) failed_ = true;
    if (mode.charset == ClientCharset::unsafe) {
        failed_ = failed_ || std::any_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; });
    }
}

Token Lexer::make(TokenKind kind, std::size_t end) noexcept {
    Token token;
    token.kind = kind;
    token.spaced = spaced_;
    token.text = text_.substr(position_, end - position_);
    position_ = end;
    after_name_ = token.is_name();
    after_dot_ = false;
    return token;
}

Token Lexer::error() noexcept {
    failed_ = true;
    Token token;
    token.kind = TokenKind::error;
    token.text = text_.substr(std::min(position_, text_.size()));
    return token;
}

Token Lexer::next() {
    if (failed_) return error();
    const Skipped skipped = skip_blanks();
    if (skipped == Skipped::failed) return error();
    spaced_ = skipped == Skipped::something;
    if (spaced_) after_name_ = after_dot_ = false;
    if (position_ >= text_.size()) return in_versioned_comment_ ? error() : make(TokenKind::end, position_);

    const char c = text_[position_];
    const char following = at(position_ + 1);
    if (after_dot_ && name_at(position_)) return word();
    if (c == '`') return quoted(TokenKind::quoted_word, c, 0);
    if (c == '\'') return quoted(TokenKind::string, c, 0);
    if (c == '"') return quoted(mode_.ansi_quotes ? TokenKind::quoted_word : TokenKind::string, c, 0);
    if (following == '\'') {
        if (c == 'n' || c == 'N') return quoted(TokenKind::national_string, following, 1);
        if (c == 'x' || c == 'X') return digits_in_quotes(TokenKind::hex);
        if (c == 'b' || c == 'B') return digits_in_quotes(TokenKind::bit);
    }
    if (is_digit(c)) return number();
    if (c == '.' && is_digit(following) && !after_name_) return real(position_);
    if (name_at(position_)) return word();
    if (c == '@') return user_variable();
    if (c == '?') return make(TokenKind::parameter, position_ + 1);
    if (c == '\\' && following == 'N' && mode_.dialect == Dialect::mariadb) {
        return make(TokenKind::null_escape, position_ + 2);
    }
    return punctuation();
}

std::size_t Lexer::name_end(std::size_t from) const noexcept {
    std::size_t end = from;
    while (end < text_.size()) {
        if (is_ascii_name(text_[end])) {
            ++end;
            continue;
        }
        if ((text_[end] & 0x80) == 0 || mode_.charset != ClientCharset::utf8) break;
        const std::size_t bytes = utf8_bytes(text_.substr(end, 4));
        if (bytes == 0) break;
        end += bytes;
    }
    return end;
}

Token Lexer::word() {
    const std::size_t end = name_end(position_);
    // A byte above 0x7f that is no part of the name might be white space or a letter to the server.
    if (end < text_.size() && (text_[end] & 0x80) != 0) return error();
    // Newer MySQL reads $tag$ .. $tag$ as a quoted body.
    if (text_[position_] == '$' && mode_.dialect == Dialect::mysql && !after_dot_) return error();
    const bool plain = !after_dot_;
    Token token = make(TokenKind::word, end);
    if (plain) token.word = word_of(token.text);
    return token;
}

Token Lexer::number() {
    const std::size_t from = position_;
    if (text_[from] == '0' && (at(from + 1) == 'x' || at(from + 1) == 'b')) {
        const bool hex = at(from + 1) == 'x';
        std::size_t end = from + 2;
        while (hex ? is_hex_digit(at(end)) : is_bit_digit(at(end))) ++end;
        if (end > from + 2 && !name_at(end)) return make(hex ? TokenKind::hex : TokenKind::bit, end);
        return word();
    }
    std::size_t end = from;
    while (is_digit(at(end))) ++end;
    if (at(end) == '.') return real(end);
    if (at(end) == 'e' || at(end) == 'E') {
        const bool sign = at(end + 1) == '+' || at(end + 1) == '-';
        if (is_digit(at(end + (sign ? 2U : 1U)))) return real(end);
    }
    if (name_at(end)) return word();
    return make(TokenKind::integer, end);
}

// `from` is where the fraction (a dot) or the exponent starts.
Token Lexer::real(std::size_t from) {
    std::size_t end = from;
    if (at(end) == '.') {
        ++end;
        while (is_digit(at(end))) ++end;
    }
    if (at(end) != 'e' && at(end) != 'E') return make(TokenKind::decimal, end);
    const bool sign = at(end + 1) == '+' || at(end + 1) == '-';
    end += sign ? 2 : 1;
    if (!is_digit(at(end))) return error();
    while (is_digit(at(end))) ++end;
    return make(TokenKind::floating, end);
}

// Where the quoted text whose content starts at `from` ends, behind the closing quote; npos: nowhere.
std::size_t Lexer::quote_end(std::size_t from, char quote, bool escapes) const noexcept {
    const std::array<char, 2> stops = {quote, '\\'};
    const std::string_view set(stops.data(), escapes ? 2 : 1);
    std::size_t at_stop = text_.find_first_of(set, from);
    while (at_stop != std::string_view::npos) {
        if (text_[at_stop] == quote && at(at_stop + 1) != quote) return at_stop + 1;
        if (at_stop + 2 > text_.size()) break;
        at_stop = text_.find_first_of(set, at_stop + 2);
    }
    return std::string_view::npos;
}

Token Lexer::quoted(TokenKind kind, char quote, std::size_t prefix_bytes) {
    const bool escapes = kind != TokenKind::quoted_word && !mode_.no_backslash_escapes;
    const std::size_t from = position_ + prefix_bytes + 1;
    const std::size_t end = quote_end(from, quote, escapes);
    if (end == std::string_view::npos) return error();
    if (kind == TokenKind::quoted_word) {
        const std::string_view body = text_.substr(from, end - 1 - from);
        if (body.empty() || body.find('\0') != std::string_view::npos) return error();
    }
    return make(kind, end);
}

Token Lexer::digits_in_quotes(TokenKind kind) {
    std::size_t end = position_ + 2;
    while (kind == TokenKind::hex ? is_hex_digit(at(end)) : is_bit_digit(at(end))) ++end;
    if (at(end) != '\'') return error();
    if (kind == TokenKind::hex && (end - position_) % 2 != 0) return error();
    return make(kind, end + 1);
}

Token Lexer::user_variable() {
    const char following = at(position_ + 1);
    if (following == '@') {
        Token token = make(TokenKind::op, position_ + 2);
        token.op = "@@"_op;
        return token;
    }
    if (following == '\'' || following == '"' || following == '`') {
        const bool escapes = following != '`' && !mode_.no_backslash_escapes;
        const std::size_t end = quote_end(position_ + 2, following, escapes);
        return end == std::string_view::npos ? error() : make(TokenKind::user_variable, end);
    }
    std::size_t end = position_ + 1;
    while (name_at(end) || at(end) == '.') end = at(end) == '.' ? end + 1 : name_end(end);
    return make(TokenKind::user_variable, end);
}

Token Lexer::punctuation() {
    static constexpr std::array<std::string_view, 12> longer = {
        "->>", "<=>", "<=", ">=", "<>", "!=", "<<", ">>", ":=", "&&", "||", "->"};
    const std::string_view rest = text_.substr(position_, 3);
    std::size_t bytes = 1;
    for (const std::string_view candidate : longer) {
        if (!rest.starts_with(candidate)) continue;
        if (candidate.starts_with("->") && mode_.dialect == Dialect::mariadb) continue;
        bytes = candidate.size();
        break;
    }
    constexpr std::string_view single = "<>=!+-*/%^&|~(),;.:{}";
    if (bytes == 1 && single.find(rest[0]) == std::string_view::npos) return error();
    const bool dot_after_name = rest[0] == '.' && after_name_;
    Token token = make(TokenKind::op, position_ + bytes);
    token.op = pack_op(token.text);
    after_dot_ = dot_after_name;
    return token;
}

}  // namespace sabil::invalidation::sql
