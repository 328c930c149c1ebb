// The tokens of one text with a little lookahead, and the one place where a parse fails. After a failure there is only
// the end, so that every loop of a parser comes to one.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "invalidation/sql/lexer.h"
#include "invalidation/sql/token.h"

namespace sabil::invalidation::sql {

class Cursor {
  public:
    Cursor(std::string_view text, const ParseMode& mode) noexcept : lexer_(text, mode) {}

    const Token& peek(std::size_t ahead = 0);
    Token take();

    bool at(Word word) { return peek().is(word); }
    bool at(Op op) { return peek().is(op); }
    bool at(TokenKind kind) { return peek().kind == kind; }
    template <class Expected>
    bool accept(Expected expected) {
        if (!at(expected)) return false;
        take();
        return true;
    }
    template <class Expected>
    bool expect(Expected expected) {
        return accept(expected) || fail();
    }
    template <class... Words>
    bool at_any(Words... words) {
        return (at(words) || ...);
    }
    template <class... Words>
    bool accept_any(Words... words) {
        return (accept(words) || ...);
    }

    // Always false.
    bool fail() noexcept {
        failed_ = true;
        return false;
    }
    bool failed() const noexcept { return failed_; }
    // The lexer itself could not read on: nothing behind this can be trusted.
    bool unreadable() const noexcept { return unreadable_; }
    // Forgets a failure of the grammar, for a caller that goes on behind it.
    void recover() noexcept { failed_ = unreadable_; }

    const Directives& directives() const noexcept { return lexer_.directives(); }
    // Where the last token taken ends.
    const char* last_end() const noexcept { return last_end_; }

  private:
    static constexpr std::size_t lookahead_tokens = 4;

    Lexer lexer_;
    std::array<Token, lookahead_tokens> ahead_{};
    std::size_t first_ = 0;
    std::size_t count_ = 0;
    const char* last_end_ = nullptr;
    bool failed_ = false;
    bool unreadable_ = false;
};

}  // namespace sabil::invalidation::sql
