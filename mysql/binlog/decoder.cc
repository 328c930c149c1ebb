#include "mysql/binlog/decoder.h"

#include <zlib.h>

#include "cache/base/bytes.h"
#include "mysql/binlog/inflate.h"
#include "mysql/binlog/parse_event.h"
#include "mysql/binlog/payload_reader.h"
#include "mysql/binlog/table_maps.h"

namespace sabil::mysql::binlog {

namespace {

constexpr std::size_t checksum_bytes = 4;
constexpr std::size_t flags_offset = 17;
constexpr std::uint64_t no_table_number = 0xffffff;  // a row event that only ends its statement

// The file's "in use" flag is set while it is written and is not part of the sum.
bool checksum_fits(std::string_view event) {
    const auto covered = event.size() - checksum_bytes;
    auto head = std::string(event.substr(0, event_header_bytes));
    head[flags_offset] = static_cast<char>(head[flags_offset] & ~0x01);
    auto sum = crc32(0, reinterpret_cast<const Bytef*>(head.data()), static_cast<uInt>(head.size()));
    sum = crc32_z(sum, reinterpret_cast<const Bytef*>(event.data()) + event_header_bytes, covered - event_header_bytes);
    return ByteReader(event.substr(covered)).u32() == sum;
}

// Hands a parsed event on, or its error.
template <class T, class Function>
Result<void> pass(Result<T> parsed, Function function) {
    if (!parsed) return tl::unexpected(parsed.error());
    function(*parsed);
    return {};
}

}  // namespace

class EventDecoder::Impl {
  public:
    explicit Impl(DecoderOptions options)
        : options_(options),
          checksums_(options.checksums),
          tables_(options.table_maps_count_max, options.table_maps_bytes_max) {}

    Result<void> decode(std::string_view event, BinlogHandler& handler);
    void reset() {
        checksums_ = options_.checksums;
        tables_.clear();
    }

  private:
    Result<void> dispatch(const EventHeader& header, std::string_view body, BinlogHandler& handler);
    Result<void> dispatch_group(const EventHeader& header, std::string_view body, BinlogHandler& handler);
    Result<void> dispatch_control(const EventHeader& header, std::string_view body, BinlogHandler& handler);
    Result<void> format_description(const EventHeader& header, std::string_view body, BinlogHandler& handler);
    Result<void> query(const EventHeader& header, std::string_view body, BinlogHandler& handler);
    Result<void> rows(const EventHeader& header, std::string_view body, BinlogHandler& handler);
    Result<void> payload(const EventHeader& header, std::string_view body, BinlogHandler& handler);

    DecoderOptions options_;
    bool checksums_;
    bool mariadb_ = false;
    TableMaps tables_;
    std::string unpacked_;
};

Result<void> EventDecoder::Impl::decode(std::string_view event, BinlogHandler& handler) {
    auto header = parse_event_header(event);
    if (!header) return tl::unexpected(header.error());
    auto body = event.substr(event_header_bytes);
    bool summed = checksums_;
    if (header->type == EventType::format_description) {
        auto format = parse_format_description(body);
        if (!format) return tl::unexpected(format.error());
        summed = format->checksums;
    }
    if (summed) {
        if (body.size() < checksum_bytes)
            return fail(ErrorCode::protocol, "a binlog event has no room for its checksum");
        if (options_.verify_checksums && !checksum_fits(event)) {
            return fail(ErrorCode::protocol, "the checksum of a " + std::string(event_type_name(header->type)) +
                                                 " event that ends at " + std::to_string(header->end_position) +
                                                 " is wrong");
        }
        // The format description's parser counts from the end, with the checksum's room.
        if (header->type != EventType::format_description) body.remove_suffix(checksum_bytes);
    }
    if (header->type == EventType::transaction_payload) return payload(*header, body, handler);
    return dispatch(*header, body, handler);
}

Result<void> EventDecoder::Impl::dispatch(const EventHeader& header, std::string_view body, BinlogHandler& handler) {
    if (is_rows_event(header.type)) return rows(header, body, handler);
    switch (header.type) {
        case EventType::table_map: {
            auto map = tables_.announce(body, mariadb_);
            if (!map) return tl::unexpected(map.error());
            handler.on_table_map(header, **map);
            return {};
        }
        case EventType::query:
        case EventType::execute_load_query:
        case EventType::mariadb_query_compressed:
            return query(header, body, handler);
        case EventType::xid:
            return pass(parse_xid(body), [&](const auto& e) { handler.on_xid(header, e); });
        case EventType::xa_prepare:
            return pass(parse_xa_prepare(body), [&](const auto& e) { handler.on_xa_prepare(header, e); });
        case EventType::intvar:
        case EventType::rand:
        case EventType::user_var:
        case EventType::begin_load_query:
        case EventType::append_block:
        case EventType::delete_file:
            handler.on_statement_context(header);
            return {};
        case EventType::rows_query:
            if (body.empty()) return fail(ErrorCode::protocol, "a ROWS_QUERY event is empty");
            handler.on_rows_query(header, body.substr(1));
            return {};
        case EventType::mariadb_annotate_rows:
            handler.on_rows_query(header, body);
            return {};
        default:
            return dispatch_group(header, body, handler);
    }
}

// Events that begin a group.
Result<void> EventDecoder::Impl::dispatch_group(const EventHeader& header, std::string_view body,
                                                BinlogHandler& handler) {
    switch (header.type) {
        case EventType::gtid:
        case EventType::anonymous_gtid:
            return pass(parse_gtid(body, header.type == EventType::anonymous_gtid),
                        [&](const auto& e) { handler.on_mysql_gtid(header, e); });
        case EventType::gtid_tagged:
            return pass(parse_gtid_tagged(body), [&](const auto& e) { handler.on_mysql_gtid(header, e); });
        case EventType::mariadb_gtid:
            return pass(parse_mariadb_gtid(body, header.server_id),
                        [&](const auto& e) { handler.on_mariadb_gtid(header, e); });
        default:
            return dispatch_control(header, body, handler);
    }
}

// Events that are about the log itself.
Result<void> EventDecoder::Impl::dispatch_control(const EventHeader& header, std::string_view body,
                                                  BinlogHandler& handler) {
    switch (header.type) {
        case EventType::format_description:
            return format_description(header, body, handler);
        case EventType::rotate:
            return pass(parse_rotate(body), [&](const auto& e) { handler.on_rotate(header, e); });
        case EventType::previous_gtids:
            return pass(MysqlGtidSet::decode(body), [&](const auto& e) { handler.on_previous_gtids(header, e); });
        case EventType::mariadb_gtid_list:
            return pass(parse_gtid_list(body), [&](const auto& e) { handler.on_gtid_list(header, e); });
        case EventType::mariadb_binlog_checkpoint:
            return pass(parse_binlog_checkpoint(body), [&](auto e) { handler.on_binlog_checkpoint(header, e); });
        case EventType::mariadb_start_encryption:
            return pass(parse_start_encryption(body), [&](const auto& e) { handler.on_start_encryption(header, e); });
        case EventType::heartbeat:
            handler.on_heartbeat(header, parse_heartbeat(body, header));
            return {};
        case EventType::heartbeat_v2:
            return pass(parse_heartbeat_v2(body), [&](const auto& e) { handler.on_heartbeat(header, e); });
        case EventType::incident:
            return pass(parse_incident(body), [&](const auto& e) { handler.on_incident(header, e); });
        case EventType::stop:
            handler.on_stop(header);
            return {};
        default:
            handler.on_unknown(header, body);
            return {};
    }
}

Result<void> EventDecoder::Impl::format_description(const EventHeader& header, std::string_view body,
                                                    BinlogHandler& handler) {
    auto format = parse_format_description(body);
    if (!format) return tl::unexpected(format.error());
    checksums_ = format->checksums;
    mariadb_ = format->is_mariadb;
    tables_.clear();
    handler.on_format_description(header, *format);
    return {};
}

Result<void> EventDecoder::Impl::query(const EventHeader& header, std::string_view body, BinlogHandler& handler) {
    auto event = parse_query_event(body, header.type == EventType::execute_load_query);
    if (!event) return tl::unexpected(event.error());
    if (header.type == EventType::mariadb_query_compressed) {
        if (auto done = unpack_record(event->text, options_.unpacked_bytes_max, unpacked_); !done) return done;
        event->text = unpacked_;
    }
    handler.on_query(header, *event);
    return {};
}

Result<void> EventDecoder::Impl::rows(const EventHeader& header, std::string_view body, BinlogHandler& handler) {
    auto event = parse_rows_event(header.type, body, options_.unpacked_bytes_max, unpacked_);
    if (!event) return tl::unexpected(event.error());
    event->table = tables_.find(event->table_number);
    const auto columns = event->has_before() ? event->before.size() : event->after.size();
    if (event->table == nullptr && event->table_number == no_table_number && event->rows.empty()) {
        tables_.end_statement();
        return {};
    }
    if (event->table == nullptr) {
        return fail(ErrorCode::protocol,
                    "rows of table number " + std::to_string(event->table_number) + " came without their TABLE_MAP");
    }
    if (event->table->columns.size() != columns) {
        return fail(ErrorCode::protocol, "rows of " + event->table->schema + "." + event->table->table + " have " +
                                             std::to_string(columns) + " columns, their TABLE_MAP has " +
                                             std::to_string(event->table->columns.size()));
    }
    handler.on_rows(header, *event);
    if (event->statement_end) tables_.end_statement();
    return {};
}

Result<void> EventDecoder::Impl::payload(const EventHeader& header, std::string_view body, BinlogHandler& handler) {
    auto reader = PayloadReader::open(body);
    if (!reader) return tl::unexpected(reader.error());
    handler.on_payload_begin(header, reader->unpacked_bytes());
    for (;;) {
        auto event = reader->next(options_.unpacked_bytes_max);
        if (!event) return tl::unexpected(event.error());
        if (event->empty()) break;
        auto inner = parse_event_header(*event);
        if (!inner) return tl::unexpected(inner.error());
        const bool out_of_place =
            inner->type == EventType::transaction_payload || inner->type == EventType::format_description;
        if (out_of_place)
            return fail(ErrorCode::protocol, "a TRANSACTION_PAYLOAD holds an event that has no place there");
        if (auto done = dispatch(*inner, event->substr(event_header_bytes), handler); !done) return done;
    }
    handler.on_payload_end(header);
    return {};
}

EventDecoder::EventDecoder(DecoderOptions options) : impl_(std::make_unique<Impl>(options)) {}
EventDecoder::~EventDecoder() = default;
Result<void> EventDecoder::decode(std::string_view event, BinlogHandler& handler) {
    return impl_->decode(event, handler);
}
void EventDecoder::reset() {
    impl_->reset();
}

}  // namespace sabil::mysql::binlog
