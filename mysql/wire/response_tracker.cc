#include "mysql/wire/response_tracker.h"

#include "cache/base/bytes.h"
#include "mysql/wire/auth_more_data.h"
#include "mysql/wire/eof_packet.h"
#include "mysql/wire/err_packet.h"
#include "mysql/wire/length_encoded.h"
#include "mysql/wire/local_infile.h"
#include "mysql/wire/ok_packet.h"

namespace sabil::mysql {

namespace {

constexpr std::uint8_t ok_marker = 0x00;
constexpr std::uint8_t eof_marker = 0xfe;
constexpr std::uint8_t err_marker = 0xff;
constexpr std::uint16_t progress_report_number = 0xffff;
constexpr std::size_t error_message_bytes_max = 512;

std::uint8_t byte_at(std::string_view bytes, std::size_t i) noexcept {
    return i < bytes.size() ? static_cast<std::uint8_t>(bytes[i]) : std::uint8_t{0};
}

Error unexpected_packet(std::string_view where, std::uint8_t first) {
    constexpr std::string_view digits = "0123456789abcdef";
    const std::string byte{'0', 'x', digits[first >> 4], digits[first & 0xf]};
    return {ErrorCode::protocol,
            "the server sent a packet with " + byte + " in front where " + std::string(where) + " was due"};
}

}  // namespace

ResponseTracker::Shape ResponseTracker::shape_of(Command command) noexcept {
    switch (command) {
        case Command::quit:
        case Command::stmt_send_long_data:
        case Command::stmt_close:
            return Shape::none;
        case Command::statistics:
            return Shape::text;
        case Command::query:
        case Command::process_info:
        case Command::stmt_execute:
        case Command::stmt_bulk_execute:
            return Shape::results;
        case Command::field_list:
            return Shape::definitions;
        case Command::stmt_fetch:
            return Shape::rows;
        case Command::stmt_prepare:
            return Shape::prepare;
        case Command::change_user:
            return Shape::authentication;
        case Command::binlog_dump:
        case Command::binlog_dump_gtid:
        case Command::table_dump:
        case Command::subscribe_group_replication:
            return Shape::stream;
        case Command::clone:
        case Command::multi:
            return Shape::opaque;
        case Command::sleep:
        case Command::init_db:
        case Command::create_db:
        case Command::drop_db:
        case Command::refresh:
        case Command::shutdown:
        case Command::connect:
        case Command::process_kill:
        case Command::debug:
        case Command::ping:
        case Command::time:
        case Command::delayed_insert:
        case Command::connect_out:
        case Command::register_slave:
        case Command::stmt_reset:
        case Command::set_option:
        case Command::daemon:
        case Command::reset_connection:
            return Shape::single;
    }
    return Shape::single;  // an unknown byte is answered with an ERR
}

void ResponseTracker::start(Command command, Capabilities capabilities) {
    capabilities_ = capabilities;
    splitter_.reset();
    client_turn_ = false;
    collecting_ = false;
    packet_begin_ = 0;
    definitions_left_ = 0;
    head_.clear();
    summary_ = ResponseSummary{};
    const auto shape = shape_of(command);
    may_have_more_ = shape == Shape::results;
    switch (shape) {
        case Shape::none:
            state_ = State::done;
            break;
        case Shape::single:
            state_ = State::single;
            break;
        case Shape::text:
            state_ = State::text;
            break;
        case Shape::results:
            state_ = State::first;
            break;
        case Shape::definitions:
            state_ = State::definitions;
            break;
        case Shape::rows:
            state_ = State::rows;
            break;
        case Shape::prepare:
            state_ = State::prepare;
            break;
        case Shape::authentication:
            state_ = State::authentication;
            break;
        case Shape::stream:
            state_ = State::stream;
            break;
        case Shape::opaque:
            state_ = State::opaque;
            break;
    }
}

Result<std::size_t> ResponseTracker::consume(std::string_view bytes) {
    auto in = bytes;
    const auto begin = summary_.bytes;
    while (state_ != State::done && state_ != State::idle) {
        if (state_ == State::rows) skip_rows(in);
        auto piece = splitter_.next(in);
        summary_.bytes = begin + (bytes.size() - in.size());
        if (!piece) break;
        if (auto taken = take_piece(*piece); !taken) return tl::unexpected(taken.error());
    }
    return bytes.size() - in.size();
}

// The hot loop: whole rows in the input are stepped over by their headers.
void ResponseTracker::skip_rows(std::string_view& in) noexcept {
    if (!splitter_.at_packet_boundary()) return;
    const auto before = in.size();
    while (in.size() > frame_header_bytes) {
        const auto header = read_frame_header(in.data());
        const auto first = byte_at(in, frame_header_bytes);
        if (first >= eof_marker || header.length == 0 || header.length == frame_payload_bytes_max ||
            in.size() - frame_header_bytes < header.length) {
            break;
        }
        in.remove_prefix(frame_header_bytes + header.length);
        ++summary_.rows;
        ++summary_.packets;
    }
    packet_begin_ += before - in.size();
}

Result<void> ResponseTracker::take_piece(const FramePiece& piece) {
    if (piece.begins_packet) {
        client_turn_ = false;
        if (piece.bytes.empty()) {
            if (must_see_whole(0, 0)) {
                return fail(ErrorCode::protocol, "the server sent an empty packet in its answer");
            }
        } else if (must_see_whole(byte_at(piece.bytes, 0), piece.frame_length)) {
            if (piece.ends_packet) {
                ++summary_.packets;
                auto handled = on_whole(piece.bytes);
                packet_begin_ = summary_.bytes;
                return handled;
            }
            collecting_ = true;
            head_.clear();
        }
    }
    if (collecting_) {
        if (piece.bytes.size() > head_bytes_max - head_.size()) {
            return fail(ErrorCode::protocol, "the server sent an OK, EOF or ERR packet of over " +
                                                 std::to_string(head_bytes_max) + " bytes");
        }
        head_.append(piece.bytes);
    }
    if (has(capabilities_, capability::mariadb_cache_metadata)) note_definition(piece);
    if (!piece.ends_packet) return {};
    ++summary_.packets;
    auto handled = collecting_ ? on_whole(head_) : on_passed();
    collecting_ = false;
    packet_begin_ = summary_.bytes;
    return handled;
}

void ResponseTracker::note_definition(const FramePiece& piece) {
    if (state_ != State::columns && state_ != State::prepare_columns) return;
    auto& definitions = summary_.definitions;
    if (piece.begins_packet) {
        const auto length = piece.frame_length;
        for (int shift = 0; shift < 24; shift += 8) definitions.push_back(static_cast<char>(length >> shift));
    }
    if (definitions.size() < definitions_bytes_max) definitions.append(piece.bytes);
}

bool ResponseTracker::must_see_whole(std::uint8_t first, std::size_t frame_length) const noexcept {
    switch (state_) {
        case State::columns:
        case State::prepare_parameters:
        case State::prepare_columns:
        case State::text:
            return first == err_marker;
        case State::rows:
        case State::definitions:
            return first == err_marker || ends_rows(first, frame_length, capabilities_);
        case State::stream:
            return first == err_marker || (first == eof_marker && frame_length <= eof_packet_bytes_max);
        case State::opaque:
            return false;
        default:
            return true;
    }
}

// A packet of which only the first byte was looked at has ended.
Result<void> ResponseTracker::on_passed() {
    switch (state_) {
        case State::rows:
            ++summary_.rows;
            break;
        case State::definitions:
            ++summary_.columns;
            break;
        case State::text:
            end_result();
            break;
        case State::columns:
            if (--definitions_left_ == 0) on_columns_end();
            break;
        case State::prepare_parameters:
        case State::prepare_columns:
            if (--definitions_left_ == 0) next_prepare_run();
            break;
        default:
            break;
    }
    return {};
}

Result<void> ResponseTracker::on_whole(std::string_view payload) {
    if (byte_at(payload, 0) == err_marker) return take_err(payload);
    switch (state_) {
        case State::first:
            return on_first(payload);
        case State::columns_end:
            if (auto ended = take_end(payload); !ended) return ended;
            summary_.rows_begin = summary_.bytes;
            if ((summary_.status & status::cursor_exists) != 0) {
                summary_.terminator_begin = packet_begin_;
                end_result();
            } else {
                state_ = State::rows;
            }
            return {};
        case State::rows:
        case State::single:
        case State::after_infile:
        case State::definitions:
        case State::stream:
            summary_.terminator_begin = packet_begin_;
            if (auto ended = take_end(payload); !ended) return ended;
            end_result();
            return {};
        case State::prepare:
            return on_prepare(payload);
        case State::prepare_parameters_end:
        case State::prepare_columns_end:
            if (auto ended = take_end(payload); !ended) return ended;
            next_prepare_run();
            return {};
        case State::authentication:
            return on_authentication(payload);
        default:
            return tl::unexpected(unexpected_packet("no packet", byte_at(payload, 0)));
    }
}

Result<void> ResponseTracker::on_first(std::string_view payload) {
    summary_.terminator_begin = packet_begin_;
    if (byte_at(payload, 0) == ok_marker) {
        if (auto taken = take_ok(payload); !taken) return taken;
        end_result();
        return {};
    }
    if (parse_local_infile(payload)) {
        client_turn_ = true;
        state_ = State::after_infile;
        return {};
    }
    ByteReader in(payload);
    const auto columns = read_length_encoded(in);
    if (!in.ok() || columns == 0 || columns > 0xffff) {
        return tl::unexpected(unexpected_packet("a count of columns", byte_at(payload, 0)));
    }
    // Both dialects may leave the definitions out and say so in a byte behind the count.
    const bool flagged =
        (capabilities_ & (capability::mariadb_cache_metadata | capability::optional_resultset_metadata)) != 0;
    const bool definitions_follow = !flagged || in.at_end() || in.u8() != 0;
    ++summary_.resultsets;
    summary_.columns = static_cast<std::uint32_t>(columns);
    summary_.rows = 0;
    definitions_left_ = definitions_follow ? summary_.columns : 0;
    summary_.definitions_omitted = summary_.definitions_omitted || !definitions_follow;
    state_ = State::columns;
    if (definitions_left_ == 0) on_columns_end();
    return {};
}

void ResponseTracker::on_columns_end() {
    if (has(capabilities_, capability::deprecate_eof)) {
        summary_.rows_begin = summary_.bytes;
        state_ = State::rows;
    } else {
        state_ = State::columns_end;
    }
}

Result<void> ResponseTracker::on_prepare(std::string_view payload) {
    auto prepared = parse_prepare_ok(payload);
    if (!prepared) return tl::unexpected(prepared.error());
    summary_.prepared = *prepared;
    summary_.warnings = prepared->warnings;
    summary_.warned = prepared->warnings != 0;
    next_prepare_run();
    return {};
}

// Moves on to the next part of the answer to COM_STMT_PREPARE: parameters, their EOF, columns, their EOF. Where the
// definitions are left out, the EOFs of old still come.
void ResponseTracker::next_prepare_run() {
    const bool with_eof = !has(capabilities_, capability::deprecate_eof);
    const auto& prepared = summary_.prepared;
    if (state_ == State::prepare && prepared.parameters > 0) {
        definitions_left_ = prepared.parameters;
        state_ = State::prepare_parameters;
        if (!prepared.metadata_follows) next_prepare_run();
    } else if (state_ == State::prepare_parameters && with_eof) {
        state_ = State::prepare_parameters_end;
    } else if (state_ < State::prepare_columns && prepared.columns > 0) {
        definitions_left_ = prepared.columns;
        state_ = State::prepare_columns;
        if (!prepared.metadata_follows) next_prepare_run();
    } else if (state_ == State::prepare_columns && with_eof) {
        state_ = State::prepare_columns_end;
    } else {
        end_result();
    }
}

Result<void> ResponseTracker::on_authentication(std::string_view payload) {
    const auto first = byte_at(payload, 0);
    if (first == ok_marker) {
        summary_.terminator_begin = packet_begin_;
        if (auto taken = take_ok(payload); !taken) return taken;
        end_result();
        return {};
    }
    // After "fast authentication succeeded" the server goes on by itself; else it is the client's turn.
    const bool server_goes_on = payload.size() == 2 && first == static_cast<std::uint8_t>(auth_more_data_marker) &&
                                payload[1] == caching_sha2::fast_auth_success;
    client_turn_ = !server_goes_on;
    return {};
}

Result<void> ResponseTracker::take_ok(std::string_view payload) {
    auto ok = parse_ok(payload, capabilities_);
    if (!ok) return tl::unexpected(ok.error());
    summary_.status = ok->status;
    summary_.told_status = true;
    summary_.warnings = ok->warnings;
    summary_.warned = summary_.warned || ok->warnings != 0;
    summary_.affected_rows = ok->affected_rows;
    summary_.last_insert_id = ok->last_insert_id;
    if (!ok->session_state.empty()) {
        if (ok->session_state.size() > head_bytes_max - std::min(head_bytes_max, summary_.session_state.size())) {
            return fail(ErrorCode::protocol, "the session state changes of one answer are over " +
                                                 std::to_string(head_bytes_max) + " bytes");
        }
        summary_.session_state.append(ok->session_state);
    }
    return {};
}

// An OK or an EOF, whichever the capabilities and the packet say.
Result<void> ResponseTracker::take_end(std::string_view payload) {
    const auto first = byte_at(payload, 0);
    if (first == ok_marker || (first == eof_marker && has(capabilities_, capability::deprecate_eof) &&
                               payload.size() > eof_packet_bytes_max - 2)) {
        return take_ok(payload);
    }
    auto eof = parse_eof(payload);
    if (!eof) return tl::unexpected(unexpected_packet("an OK or EOF", first));
    summary_.status = eof->status;
    summary_.told_status = true;
    summary_.warnings = eof->warnings;
    summary_.warned = summary_.warned || eof->warnings != 0;
    return {};
}

Result<void> ResponseTracker::take_err(std::string_view payload) {
    auto err = parse_err(payload);
    if (!err) return tl::unexpected(err.error());
    if (err->number == progress_report_number) return {};
    summary_.failed = true;
    summary_.terminator_begin = packet_begin_;
    summary_.error_number = err->number;
    summary_.error_sql_state = err->sql_state;
    summary_.error_message = err->message.substr(0, error_message_bytes_max);
    state_ = State::done;
    return {};
}

void ResponseTracker::end_result() noexcept {
    ++summary_.results;
    const bool more = may_have_more_ && (summary_.status & status::more_results) != 0;
    state_ = more ? State::first : State::done;
}

}  // namespace sabil::mysql
