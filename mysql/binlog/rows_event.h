// Row events: WRITE, UPDATE and DELETE v1 (23..25; MariaDB's compressed 166..168) and v2 (30..32), PARTIAL_UPDATE (39).
// u48 table number, u16 flags, [v2: u16 length and extra data], length-encoded count of columns, bits of the columns
// present (an update has two sets), then rows: NULL bits of the present columns, values.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/base/result.h"
#include "mysql/binlog/table_map.h"
#include "mysql/binlog/value.h"

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

// Reads an event's rows, decoding the wanted columns only and stepping over the others by their length.
// Thread-safety: one thread. Allocates on construction only.
class RowReader {
  public:
    // columns: positions in the table, any order; those past its end read as absent. Must outlive the reader.
    RowReader(const RowsEvent& event, std::span<const std::uint16_t> columns);

    // Steps to the next row; false at the end or on an error.
    bool next();
    // Whether it ended well. Errors: protocol; unsupported naming the type.
    Result<void> status() const { return status_; }

    // One value per wanted column, in their order; all absent where the change has no such image.
    std::span<const Value> before() const noexcept { return before_; }
    std::span<const Value> after() const noexcept { return after_; }

  private:
    bool read_image(ColumnBits present, bool is_after_of_update, std::vector<Value>& values);

    const RowsEvent& event_;
    std::string_view rest_;
    std::vector<std::uint16_t> wanted_at_;  // by column: index in the wanted list plus one, 0 = step over
    std::vector<std::pair<std::uint16_t, std::uint16_t>> repeated_;  // wanted twice: copy from, to
    std::vector<Value> before_;
    std::vector<Value> after_;
    std::string storage_;  // text made of packed values; never grows past its reservation
    Result<void> status_;
};

}  // namespace sabil::mysql::binlog
