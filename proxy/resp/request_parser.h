// Takes commands out of received bytes.
//
// request = array / inline
// array   = "*" count CRLF count( "$" length CRLF length bytes, 2 bytes )
// inline  = words, separated by blanks and quoted as in redis-cli, [CR] LF
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sabil::proxy::resp {

struct RequestLimits {
    std::int64_t bulk_bytes_max = 512LL << 20;  // proto-max-bulk-len
    bool authenticated = true;                  // false allows 10 arguments of 16 KB only
};

// Thread-safety: one thread. Keeps its place in a half-received command.
class RequestParser {
  public:
    static constexpr std::size_t inline_bytes_max = 64 << 10;
    static constexpr std::int64_t arguments_max = 2147483647;
    static constexpr std::int64_t unauthenticated_arguments_max = 10;
    static constexpr std::int64_t unauthenticated_bulk_bytes_max = 16384;

    enum class Status : std::uint8_t {
        incomplete,  // more bytes are needed
        command,     // args were appended; drop consumed() bytes once they are used
        empty,       // an empty line or array: drop consumed() bytes
        error,       // error() says what; the connection is to be closed
    };

    // Reads on. `unread` begins at the first byte that was not consumed, and holds at least what it held at the last
    // call. Arguments are appended to `args` as views into `unread`; inline words are unquoted in place.
    Status next(std::span<char> unread, const RequestLimits& limits, std::vector<std::string_view>& args);

    // Forgets a half-received command: its bytes will be given again from the start.
    void reset() noexcept { done(Status::empty, 0); }
    std::size_t consumed() const noexcept { return consumed_; }
    // Bytes known to be missing for the argument under way; 0 where that is not known.
    std::size_t missing_bytes() const noexcept { return missing_; }
    // Of a command under way, so many bytes need not be looked at again.
    std::size_t parsed_bytes() const noexcept { return position_; }
    // "invalid bulk length": the text after "ERR Protocol error: ".
    std::string_view error() const noexcept { return {error_, error_size_}; }

  private:
    Status next_array(std::span<char> unread, const RequestLimits& limits, std::vector<std::string_view>& args);
    Status next_inline(std::span<char> unread, std::vector<std::string_view>& args);
    enum class Line : std::uint8_t { incomplete, integer, not_integer };
    Line read_integer(std::string_view unread, std::int64_t& value) noexcept;
    Status read_bulk_header(std::string_view unread, const RequestLimits& limits);
    Status fail(std::string_view text);
    Status done(Status status, std::size_t consumed) noexcept;

    static constexpr std::int64_t unknown = -1;
    std::vector<std::pair<std::size_t, std::size_t>> parts_;  // offset and size of the arguments complete so far
    std::size_t position_ = 0;                                // of the next byte to look at
    std::int64_t remaining_ = unknown;                        // arguments still to come
    std::int64_t bulk_bytes_ = unknown;
    std::size_t consumed_ = 0;
    std::size_t missing_ = 0;
    std::deque<std::string> quoted_lines_;  // of the batch being read
    char error_[64];
    std::size_t error_size_ = 0;
};

// Splits a line into words in place; false where quotes are unbalanced. Words in double quotes know \n \r \t \b \a
// \xHH; in single quotes only \'.
bool split_inline(std::span<char> line, std::vector<std::string_view>& words);

}  // namespace sabil::proxy::resp
