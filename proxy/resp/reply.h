// Writes replies in RESP2 or RESP3, in place, into a client's output buffer. A handler writes exactly one reply; parts
// of an aggregate follow its header in order.
#pragma once

#include "proxy/resp/output_buffer.h"

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace sabil::proxy::resp {

// Thread-safety: one thread.
class Reply {
  public:
    // resp_version is 2 or 3. The buffer must outlive the reply.
    Reply(OutputBuffer& out, int resp_version) noexcept : out_(&out), resp3_(resp_version == 3) {}

    int resp_version() const noexcept { return resp3_ ? 3 : 2; }
    void set_resp_version(int version) noexcept { resp3_ = version == 3; }

    void ok() { out_->append(std::string_view{"+OK\r\n"}); }
    void simple(std::string_view text);   // must hold no line break
    // The text with its code word and without the leading dash ("ERR syntax error"); line breaks become blanks.
    void error(std::string_view text);
    void error(std::string_view text, std::string_view detail);  // text immediately followed by detail
    void wrong_arguments(std::string_view command);               // "ERR wrong number of arguments for '...' command"
    // The reply to a subcommand the container does not have.
    void unknown_subcommand(std::string_view container, std::string_view subcommand);

    void integer(std::int64_t value);
    void bulk(std::string_view bytes);
    void bulk_integer(std::int64_t value);  // an integer as a bulk string
    void bulk_double(double value);         // a number as a bulk string, in both protocols
    void null();                            // RESP2: null bulk string
    void null_array();                      // RESP2: null array
    void number(double value);              // RESP3: double; RESP2: bulk string
    void boolean(bool value);               // RESP3: boolean; RESP2: integer
    void big_number(std::string_view digits);
    void verbatim(std::string_view text, std::string_view format = "txt");  // RESP2: bulk string

    void array(std::size_t count);
    void map(std::size_t pairs);   // RESP2: array of twice as many
    void set(std::size_t count);   // RESP2: array
    void push(std::size_t count);  // RESP2: array
    void attribute(std::size_t pairs);  // RESP3 only: never call it in RESP2

    // An aggregate whose size is known only at its end: write the parts after the mark, then close with their number.
    // Inner ones are closed before outer ones.
    using Mark = std::size_t;
    Mark open() const noexcept { return out_->size(); }
    void close_array(Mark mark, std::size_t count);
    void close_map(Mark mark, std::size_t pairs);
    void close_set(Mark mark, std::size_t count);

    // The lines of a HELP subcommand, as one array of simple strings.
    void lines(std::initializer_list<std::string_view> text);
    // Already encoded bytes.
    void raw(std::string_view bytes) { out_->append(bytes); }

    // Errors written so far, and where the newest one begins in the buffer (after its dash). Counted for errorstats.
    std::uint32_t errors() const noexcept { return errors_; }
    std::size_t last_error_at() const noexcept { return last_error_at_; }

    OutputBuffer& buffer() noexcept { return *out_; }

  private:
    void header(char type, std::int64_t value);
    void close(Mark mark, char type, std::size_t count);

    OutputBuffer* out_;
    bool resp3_;
    std::uint32_t errors_ = 0;
    std::size_t last_error_at_ = 0;
};

}  // namespace sabil::proxy::resp
