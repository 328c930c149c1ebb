// Follows the server's answer to one command and tells where it ends, from the packets' first bytes: rows are counted,
// never kept. Any traffic may run through it; it allocates only where an OK, EOF, ERR or count packet is split over two
// inputs, and for session state changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "cache/base/result.h"
#include "mysql/wire/capabilities.h"
#include "mysql/wire/command.h"
#include "mysql/wire/frame.h"
#include "mysql/wire/prepare_response.h"
#include "mysql/wire/status_flags.h"

namespace sabil::mysql {

// What an answer has been so far. Offsets count bytes of the server's stream from the start of this answer, frame
// headers included.
struct ResponseSummary {
    std::uint64_t bytes = 0;  // consumed so far
    std::uint64_t packets = 0;
    std::uint32_t results = 0;     // OKs and resultsets that are complete; more than one = multi-results
    std::uint32_t resultsets = 0;  // those with columns
    // The last resultset begun.
    std::uint32_t columns = 0;
    std::uint64_t rows = 0;
    std::uint64_t rows_begin = 0;        // offset of its first row or, without rows, of its end packet
    std::uint64_t terminator_begin = 0;  // offset of the packet that ended it (EOF or OK), also of a lone OK or ERR
    // Under mariadb_cache_metadata the definitions, one behind the other with their headers' lengths in front; and whether
    // some resultset came without: the client is to use those it has.
    std::string definitions;
    bool definitions_omitted = false;
    // The last OK or EOF of the answer.
    StatusFlags status = 0;
    bool told_status = false;  // false: there was none, as in the answer to COM_STMT_PREPARE under deprecate_eof
    std::uint16_t warnings = 0;
    std::uint64_t affected_rows = 0;   // OK only
    std::uint64_t last_insert_id = 0;  // OK only
    std::string session_state;         // every OK's block of changes, one behind the other: parse_session_state()
    bool warned = false;               // some OK or EOF of the answer counted warnings
    // The answer's end, where it was an error.
    bool failed = false;
    std::uint16_t error_number = 0;
    std::string error_sql_state;
    std::string error_message;  // cut at 512 bytes
    PrepareOk prepared;         // COM_STMT_PREPARE that succeeded
};

// Thread-safety: one thread.
class ResponseTracker {
  public:
    enum class Shape : std::uint8_t {
        none,            // no answer: COM_QUIT, COM_STMT_CLOSE, COM_STMT_SEND_LONG_DATA
        single,          // OK, EOF or ERR
        text,            // COM_STATISTICS: one packet of text
        results,         // COM_QUERY, COM_STMT_EXECUTE: OK, ERR, LOCAL INFILE or resultsets, any number
        definitions,     // COM_FIELD_LIST
        rows,            // COM_STMT_FETCH
        prepare,         // COM_STMT_PREPARE
        authentication,  // COM_CHANGE_USER: packets both ways until OK or ERR
        stream,          // COM_BINLOG_DUMP: until EOF or ERR
        opaque,          // an unknown command: its end cannot be known
    };
    // What a command is answered with.
    static Shape shape_of(Command command) noexcept;

    // Begins to follow the answer to `command`; capabilities are those negotiated with the server that answers.
    void start(Command command, Capabilities capabilities);

    // Consumes server bytes up to the end of the answer, and no further; gives how many. Errors: protocol, after which
    // the connection is of no further use.
    Result<std::size_t> consume(std::string_view bytes);

    bool done() const noexcept { return state_ == State::done; }
    // The server waits for the client: file data after LOCAL INFILE, or the next packet of an authentication.
    bool client_turn() const noexcept { return client_turn_; }
    bool local_infile() const noexcept { return state_ == State::after_infile; }
    // No packet is open: a good moment to hand over.
    bool at_packet_boundary() const noexcept { return splitter_.at_packet_boundary(); }
    const ResponseSummary& summary() const noexcept { return summary_; }

    static constexpr std::size_t definitions_bytes_max = 1U << 20;  // from here on they are cut
    static constexpr std::size_t head_bytes_max = 1U << 20;  // of an OK, ERR or count packet; more is a protocol error

  private:
    enum class State : std::uint8_t {
        idle,
        first,
        columns,
        columns_end,
        rows,
        after_infile,
        single,
        text,
        definitions,
        prepare,
        prepare_parameters,
        prepare_parameters_end,
        prepare_columns,
        prepare_columns_end,
        authentication,
        stream,
        opaque,
        done
    };

    void skip_rows(std::string_view& in) noexcept;
    Result<void> take_piece(const FramePiece& piece);
    bool must_see_whole(std::uint8_t first, std::size_t frame_length) const noexcept;
    Result<void> on_whole(std::string_view payload);
    Result<void> on_passed();
    Result<void> on_first(std::string_view payload);
    Result<void> on_prepare(std::string_view payload);
    Result<void> on_authentication(std::string_view payload);
    Result<void> take_ok(std::string_view payload);
    Result<void> take_end(std::string_view payload);
    Result<void> take_err(std::string_view payload);
    void on_columns_end();
    void next_prepare_run();
    void note_definition(const FramePiece& piece);
    void end_result() noexcept;

    FrameSplitter splitter_;
    State state_ = State::idle;
    Capabilities capabilities_ = 0;
    bool client_turn_ = false;
    bool may_have_more_ = false;      // the answer's shape allows more than one result
    bool collecting_ = false;         // head_ gathers a packet that came in several pieces
    std::uint64_t packet_begin_ = 0;  // offset of the packet under way
    std::uint32_t definitions_left_ = 0;
    std::string head_;
    ResponseSummary summary_;
};

}  // namespace sabil::mysql
