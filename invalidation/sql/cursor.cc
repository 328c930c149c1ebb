#include "invalidation/sql/cursor.h"

namespace sabil::invalidation::sql {

const Token& Cursor::peek(std::size_t ahead) {
    static const Token end;
    if (failed_) return end;
    while (count_ <= ahead) {
        Token& token = ahead_[(first_ + count_) % lookahead_tokens];
        token = lexer_.next();
        if (token.kind == TokenKind::error) {
            failed_ = unreadable_ = true;
            return end;
        }
        ++count_;
    }
    return ahead_[(first_ + ahead) % lookahead_tokens];
}

Token Cursor::take() {
    const Token token = peek();
    if (count_ > 0) {
        first_ = (first_ + 1) % lookahead_tokens;
        --count_;
    }
    if (token.kind != TokenKind::end) last_end_ = token.text.data() + token.text.size();
    return token;
}

}  // namespace sabil::invalidation::sql
