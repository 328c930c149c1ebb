// White space and comments. A versioned comment (/*!50701 .. */) is either read as if its marks were not there or
// skipped, as the server would; where its version decides and the server's is not known, the text is not readable.
// A comment inside a comment is not readable either: servers differ on where it ends.
#include "invalidation/sql/directive.h"
#include "invalidation/sql/lexer.h"

namespace sabil::invalidation::sql {

namespace {

bool is_blank(char c) noexcept {
    return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

constexpr std::uint32_t oldest_mysql_version = 80000;
constexpr std::uint32_t oldest_mariadb_version = 100500;
constexpr std::uint32_t first_version_not_of_mariadb = 50700;  // MariaDB skips /*!50700 to /*!99999
constexpr std::uint32_t last_version_not_of_mariadb = 99999;

enum class Effect { run, skip, unknown };

Effect effect_of(std::uint32_t version, bool mariadb_only, const ParseMode& mode) noexcept {
    const bool mariadb = mode.dialect == Dialect::mariadb;
    if (mariadb && !mariadb_only && version >= first_version_not_of_mariadb && version <= last_version_not_of_mariadb) {
        return Effect::skip;
    }
    if (mode.server_version != 0) return version <= mode.server_version ? Effect::run : Effect::skip;
    return version <= (mariadb ? oldest_mariadb_version : oldest_mysql_version) ? Effect::run : Effect::unknown;
}

}  // namespace

bool Lexer::fail() noexcept {
    failed_ = true;
    return false;
}

Lexer::Skipped Lexer::skip_blanks() {
    const std::size_t start = position_;
    while (position_ < text_.size()) {
        const char c = text_[position_];
        const char following = at(position_ + 1);
        bool ok = true;
        if (is_blank(c)) {
            ++position_;
        } else if (c == '#') {
            ok = skip_line_comment();
        } else if (c == '-' && following == '-') {
            const bool last = position_ + 2 >= text_.size();
            if (!last && !is_blank(text_[position_ + 2])) {
                // A control character would start a comment for some servers only.
                if (static_cast<unsigned char>(text_[position_ + 2]) < ' ') return fail(), Skipped::failed;
                break;
            }
            ok = skip_line_comment();
        } else if (c == '/' && following == '*') {
            ok = skip_block_comment();
        } else if (c == '*' && following == '/' && in_versioned_comment_) {
            in_versioned_comment_ = false;
            position_ += 2;
        } else {
            break;
        }
        if (!ok) return Skipped::failed;
    }
    return position_ > start ? Skipped::something : Skipped::nothing;
}

bool Lexer::skip_line_comment() {
    const std::size_t newline = text_.find('\n', position_);
    const std::size_t end = newline == std::string_view::npos ? text_.size() : newline + 1;
    const std::string_view comment = text_.substr(position_, end - position_);
    // Inside /*! .. the mark that ends it may or may not count here.
    if (in_versioned_comment_ && comment.find("*/") != std::string_view::npos) return fail();
    read_directives(comment, directives_);
    position_ = end;
    return true;
}

bool Lexer::skip_block_comment() {
    if (at(position_ + 2) == '!') return enter_versioned_comment(3);
    if (at(position_ + 2) == 'M' && at(position_ + 3) == '!') {
        if (mode_.dialect == Dialect::mariadb) return enter_versioned_comment(4);
    }
    const std::size_t end = text_.find("*/", position_ + 2);
    if (end == std::string_view::npos) return fail();
    const std::string_view body = text_.substr(position_ + 2, end - position_ - 2);
    if (body.find("/*") != std::string_view::npos) return fail();
    read_directives(body, directives_);
    position_ = end + 2;
    return true;
}

bool Lexer::enter_versioned_comment(std::size_t marker_bytes) {
    if (in_versioned_comment_) return fail();
    const std::size_t from = position_ + marker_bytes;
    std::size_t digits = 0;
    std::uint32_t version = 0;
    while (digits < 6 && is_digit(at(from + digits))) {
        version = version * 10 + static_cast<std::uint32_t>(text_[from + digits] - '0');
        ++digits;
    }
    if (digits < 5) {  // no version: all of it is read
        in_versioned_comment_ = true;
        position_ = from;
        return true;
    }
    switch (effect_of(version, marker_bytes == 4, mode_)) {
        case Effect::run:
            in_versioned_comment_ = true;
            position_ = from + digits;
            return true;
        case Effect::skip:
            return skip_versioned_comment(from + digits);
        case Effect::unknown:
            break;
    }
    return fail();
}

bool Lexer::skip_versioned_comment(std::size_t from) {
    const std::size_t end = text_.find("*/", from);
    if (end == std::string_view::npos) return fail();
    if (text_.substr(from, end - from).find("/*") != std::string_view::npos) return fail();
    position_ = end + 2;
    return true;
}

}  // namespace sabil::invalidation::sql
