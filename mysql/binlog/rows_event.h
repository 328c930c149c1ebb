// Row events: WRITE, UPDATE and DELETE v1 (23..25; MariaDB's compressed 166..168) and v2 (30..32), PARTIAL_UPDATE (39).
// u48 table number, u16 flags, [v2: u16 length and extra data], length-encoded count of columns, bits of the columns
// present (an update has two sets), then rows: NULL bits of the present columns, values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cache/base/result.h"
#include "mysql/binlog/event_type.h"
#include "mysql/binlog/table_map.h"

namespace sabil::mysql::binlog {

enum class RowChange : std::uint8_t { insert, update, remove };

// Bits of the columns present; views the event.
class ColumnBits {
  public:
    ColumnBits() = default;
    ColumnBits(std::string_view bits, std::size_t count) noexcept : bits_(bits), count_(count) {}
    bool test(std::size_t i) const noexcept {
        return i < count_ && (static_cast<unsigned char>(bits_[i / 8]) >> (i % 8) & 1U) != 0;
    }
    std::size_t size() const noexcept { return count_; }
    std::size_t set_count() const noexcept;

  private:
    std::string_view bits_;
    std::size_t count_ = 0;
};

// Valid during the handler's call.
struct RowsEvent {
    RowChange change = RowChange::insert;
    bool partial_json = false;   // PARTIAL_UPDATE: after images may hold partial_json
    bool statement_end = false;  // table numbers are free for others from here
    bool foreign_key_checks_off = false;
    std::uint64_t table_number = 0;
    const TableMap* table = nullptr;  // never null; column counts agree
    ColumnBits before;                // update, remove
    ColumnBits after;                 // insert, update
    std::string_view rows;            // undecoded

    bool has_before() const noexcept { return change != RowChange::insert; }
    bool has_after() const noexcept { return change != RowChange::remove; }
};

// body: the event without header and checksum; for the compressed types `unpacked` receives the rows. table is left
// null. Errors: protocol; out_of_range where the rows unpack to more than unpacked_bytes_max.
Result<RowsEvent> parse_rows_event(EventType type, std::string_view body, std::size_t unpacked_bytes_max,
                                   std::string& unpacked);
bool is_rows_event(EventType type) noexcept;

}  // namespace sabil::mysql::binlog
