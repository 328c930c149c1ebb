#include "mysql/client/result_reader.h"

#include "mysql/wire/column_definition.h"
#include "mysql/wire/eof_packet.h"
#include "mysql/wire/err_packet.h"
#include "mysql/wire/length_encoded.h"
#include "mysql/wire/local_infile.h"
#include "mysql/wire/ok_packet.h"
#include "mysql/wire/text_row.h"

namespace sabil::mysql {

std::optional<std::string_view> QueryResult::at(std::size_t row, std::size_t column) const noexcept {
    if (row >= rows.size() || column >= rows[row].size() || !rows[row][column]) return std::nullopt;
    return std::string_view(*rows[row][column]);
}

Result<bool> ResultReader::on_packet(std::string_view payload) {
    if (payload.empty()) return fail(ErrorCode::protocol, "the server sent an empty packet in its answer");
    if (is_err(payload)) {
        auto err = parse_err(payload);
        if (!err) return tl::unexpected(err.error());
        return tl::unexpected(to_error(*err));
    }
    bytes_ += payload.size();
    if (bytes_ > bytes_max_) {
        return fail(ErrorCode::out_of_range, "a result is over the limit of " + std::to_string(bytes_max_) + " bytes");
    }
    switch (state_) {
        case State::first:
            return on_first(payload);
        case State::columns:
            return on_column(payload);
        case State::columns_end:
            if (auto eof = parse_eof(payload); !eof) return tl::unexpected(eof.error());
            state_ = State::rows;
            return false;
        case State::rows:
            return on_row(payload);
    }
    return fail(ErrorCode::protocol, "the server sent a packet behind its answer");
}

Result<bool> ResultReader::on_first(std::string_view payload) {
    if (payload.front() == 0x00) return end(payload);
    if (parse_local_infile(payload)) return fail(ErrorCode::unsupported, "LOAD DATA LOCAL is not for this connection");
    ByteReader in(payload);
    const auto columns = read_length_encoded(in);
    if (!in.ok() || columns == 0 || columns > 0xffff) {
        return fail(ErrorCode::protocol, "the server's count of columns does not fit");
    }
    result_.columns.clear();
    result_.rows.clear();
    columns_left_ = static_cast<std::size_t>(columns);
    state_ = State::columns;
    return false;
}

Result<bool> ResultReader::on_column(std::string_view payload) {
    auto column = parse_column_definition(payload, capabilities_);
    if (!column) return tl::unexpected(column.error());
    result_.columns.push_back({std::string(column->name), column->type, column->flags, column->collation});
    if (--columns_left_ == 0) {
        state_ = has(capabilities_, capability::deprecate_eof) ? State::rows : State::columns_end;
    }
    return false;
}

Result<bool> ResultReader::on_row(std::string_view payload) {
    if (ends_rows(static_cast<std::uint8_t>(payload.front()), payload.size(), capabilities_)) return end(payload);
    auto fields = parse_text_row(payload, result_.columns.size());
    if (!fields) return tl::unexpected(fields.error());
    auto& row = result_.rows.emplace_back();
    row.reserve(fields->size());
    for (const auto& field : *fields) row.emplace_back(field);
    return false;
}

// An OK, or the EOF of old.
Result<bool> ResultReader::end(std::string_view payload) {
    const bool is_ok = payload.front() == 0x00 || has(capabilities_, capability::deprecate_eof);
    if (is_ok) {
        auto ok = parse_ok(payload, capabilities_);
        if (!ok) return tl::unexpected(ok.error());
        result_.affected_rows = ok->affected_rows;
        result_.last_insert_id = ok->last_insert_id;
        result_.warnings = ok->warnings;
        result_.status = ok->status;
        if (auto changes = parse_session_state(ok->session_state)) {
            if (const auto gtid = tracked_gtid(*changes); !gtid.empty()) result_.gtid = gtid;
        }
    } else {
        auto eof = parse_eof(payload);
        if (!eof) return tl::unexpected(eof.error());
        result_.warnings = eof->warnings;
        result_.status = eof->status;
    }
    state_ = State::first;
    return (result_.status & status::more_results) == 0;
}

}  // namespace sabil::mysql
