// One text for all statements that differ in their literals only: literals become `?`, lists of them behind IN and
// rows of them fold, comments go, keywords are in upper case, and white space is set anew.
#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "cache/base/hash.h"
#include "invalidation/sql/lexer.h"
#include "invalidation/sql/statement.h"

namespace sabil::invalidation::sql {

namespace {

constexpr std::string_view ellipsis = " ...";
constexpr std::size_t max_signs_count = 8;

bool is_literal(const Token& token) noexcept {
    switch (token.kind) {
        case TokenKind::string:
        case TokenKind::national_string:
        case TokenKind::integer:
        case TokenKind::decimal:
        case TokenKind::floating:
        case TokenKind::hex:
        case TokenKind::bit:
        case TokenKind::parameter:
            return true;
        default:
            return false;
    }
}

// Sets white space between tokens and stops at the limit.
class Writer {
  public:
    Writer(Dialect dialect, std::size_t max_bytes) : dialect_(dialect), max_bytes_(max_bytes) {}

    // False once the text is full.
    bool add(const Token& token) {
        const bool string = token.kind == TokenKind::string;
        if (string && after_string_) return true;  // adjacent strings are one
        after_string_ = string;
        if (is_literal(token)) {
            signs_.clear();  // those before a literal are part of it
            Token placeholder = token;
            placeholder.text = "?";
            return put(placeholder);
        }
        if (operand_expected_ && (token.is("-"_op) || token.is("+"_op)) && signs_.size() < max_signs_count) {
            signs_.push_back(token);
            return true;
        }
        return flush_signs() && put(token);
    }

    // At `(` behind IN or VALUES: a list may follow that is written in short.
    bool at_list() const { return at_list_; }
    bool add_folded_list() { return put_text("?, ...)", false) && (forget_state(), true); }
    bool add_text(std::string_view text) { return put_text(text, false); }

    std::string finish(bool complete) {
        if (!full_) flush_signs();
        if (complete && !full_) return std::move(out_);
        const std::size_t room = max_bytes_ > ellipsis.size() ? max_bytes_ - ellipsis.size() : 0;
        if (out_.size() > room) out_.resize(last_fit(room));
        if (max_bytes_ >= ellipsis.size()) out_ += ellipsis;
        return std::move(out_);
    }

  private:
    bool flush_signs() {
        for (const Token& sign : std::exchange(signs_, {})) {
            if (!put(sign)) return false;
        }
        return true;
    }

    bool put(const Token& token) {
        std::string text(token.text);
        if (token.kind == TokenKind::word && is_reserved(token.word, dialect_)) {
            std::transform(text.begin(), text.end(), text.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
        }
        if (!put_text(text, needs_space(token))) return false;
        remember(token);
        return true;
    }

    bool put_text(std::string_view text, bool space) {
        if (full_ || out_.size() + text.size() + (space ? 1 : 0) > max_bytes_) {
            // What fits of one very long name is kept, and cut again in finish().
            if (!full_ && space && out_.size() < max_bytes_) out_ += ' ';
            if (!full_) out_ += text.substr(0, max_bytes_ - out_.size());
            full_ = true;
            return false;
        }
        if (space) out_ += ' ';
        out_ += text;
        return true;
    }

    bool needs_space(const Token& token) const {
        if (out_.empty() || glue_) return false;
        if (token.is(","_op) || token.is(")"_op) || token.is("."_op) || token.is(";"_op)) return false;
        if (token.is("("_op)) return !after_name_ || token.spaced;
        return true;
    }

    void remember(const Token& token) {
        glue_ = token.is("("_op) || token.is("."_op) || token.is("@@"_op);
        at_list_ = token.is("("_op) && after_list_word_;
        after_list_word_ = token.is("IN"_w) || token.is("VALUES"_w);
        after_name_ = token.is_name() && !after_list_word_ && !token.is("AND"_w) && !token.is("OR"_w);
        const bool keyword = token.kind == TokenKind::word && token.word != Word::none;
        operand_expected_ = token.kind == TokenKind::op ? !token.is(")"_op) : keyword;
    }

    void forget_state() { glue_ = at_list_ = after_list_word_ = after_name_ = operand_expected_ = false; }

    // A place to cut at or before `room`: at a blank where there is one, never inside a character.
    std::size_t last_fit(std::size_t room) const {
        const std::size_t blank = out_.rfind(' ', room);
        if (blank != std::string::npos && blank > 0) return blank;
        std::size_t cut = room;
        while (cut > 0 && (out_[cut] & 0xc0) == 0x80) --cut;
        return cut;
    }

    Dialect dialect_;
    std::size_t max_bytes_;
    std::string out_;
    std::vector<Token> signs_;  // read where an operand is expected, not yet written
    bool full_ = false;
    bool glue_ = false;  // no space behind the last token
    bool after_name_ = false;
    bool after_list_word_ = false;
    bool at_list_ = false;
    bool after_string_ = false;
    bool operand_expected_ = false;  // a sign here belongs to a literal
};

// Reads `literal, literal ..)` and true, or leaves the lexer where it was.
bool skip_literals(Lexer& lexer) {
    Lexer ahead = lexer;
    Token token = ahead.next();
    while (true) {
        if (token.is("-"_op) || token.is("+"_op)) token = ahead.next();
        if (!is_literal(token) && !token.is("NULL"_w) && !token.is("DEFAULT"_w)) return false;
        token = ahead.next();
        while (token.kind == TokenKind::string) token = ahead.next();
        if (token.is(")"_op)) break;
        if (!token.is(","_op)) return false;
        token = ahead.next();
    }
    lexer = ahead;
    return true;
}

// Reads `, (literals)` as often as it stands there.
bool skip_rows(Lexer& lexer) {
    bool any = false;
    while (true) {
        Lexer ahead = lexer;
        if (!ahead.next().is(","_op) || !ahead.next().is("("_op) || !skip_literals(ahead)) return any;
        lexer = ahead;
        any = true;
    }
}

}  // namespace

std::string normalize(std::string_view text, ParseMode mode, std::size_t max_bytes) {
    Lexer lexer(text, mode);
    Writer writer(mode.dialect, max_bytes);
    while (true) {
        const Token token = lexer.next();
        if (token.kind == TokenKind::end) return writer.finish(true);
        // Behind what cannot be read there may be parts of literals.
        if (token.kind == TokenKind::error || !writer.add(token)) return writer.finish(false);
        if (!writer.at_list() || !skip_literals(lexer)) continue;
        if (!writer.add_folded_list()) return writer.finish(false);
        if (skip_rows(lexer) && !writer.add_text(", ...")) return writer.finish(false);
    }
}

std::string digest(std::string_view normalized) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::uint64_t hash = hash_bytes(normalized);
    std::string out(16, '0');
    for (auto it = out.rbegin(); it != out.rend(); ++it) {
        *it = digits[hash & 0xfU];
        hash >>= 4U;
    }
    return out;
}

}  // namespace sabil::invalidation::sql
