// Cuts SQL text into tokens as the server would, or says that it cannot. Pulls one token at a time: no memory,
// O(length).
#pragma once

#include <cstddef>
#include <string_view>

#include "invalidation/sql/statement.h"
#include "invalidation/sql/token.h"

namespace sabil::invalidation::sql {

class Lexer {
  public:
    Lexer(std::string_view text, const ParseMode& mode) noexcept;

    // After `end` or `error` it yields the same again.
    Token next();

    // What comments read so far have said.
    const Directives& directives() const noexcept { return directives_; }
    std::size_t position() const noexcept { return position_; }

  private:
    enum class Skipped { nothing, something, failed };

    Skipped skip_blanks();
    bool skip_line_comment();
    bool skip_block_comment();
    bool enter_versioned_comment(std::size_t marker_bytes);
    bool skip_versioned_comment(std::size_t from);
    bool fail() noexcept;

    Token word();
    Token number();
    Token real(std::size_t from);
    Token quoted(TokenKind kind, char quote, std::size_t prefix_bytes);
    Token digits_in_quotes(TokenKind kind);
    Token user_variable();
    Token punctuation();
    Token make(TokenKind kind, std::size_t end) noexcept;
    Token error() noexcept;

    char at(std::size_t index) const noexcept { return index < text_.size() ? text_[index] : '\0'; }
    std::size_t name_end(std::size_t from) const noexcept;
    bool name_at(std::size_t index) const noexcept { return index < text_.size() && name_end(index) > index; }
    std::size_t quote_end(std::size_t from, char quote, bool escapes) const noexcept;

    std::string_view text_;
    ParseMode mode_;
    std::size_t position_ = 0;
    bool failed_ = false;
    bool spaced_ = false;
    bool in_versioned_comment_ = false;
    bool after_name_ = false;  // the last token is a name
    bool after_dot_ = false;   // the last token is a dot that directly follows a name: digits start a name
    Directives directives_;
};

}  // namespace sabil::invalidation::sql
