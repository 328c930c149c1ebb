// The rows of a row event, column by column.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cache/base/bytes.h"
#include "cache/base/result.h"
#include "mysql/binlog/rows_event.h"
#include "mysql/binlog/value.h"

namespace sabil::mysql::binlog {

// Decodes the wanted columns only and steps over the others by their length. Thread-safety: one thread. Allocates on
// construction and, for MariaDB's compressed columns, per row.
class RowReader {
  public:
    // columns: positions in the table, any order; those past its end read as absent. event and its bytes must outlive
    // the reader; columns need not.
    RowReader(const RowsEvent& event, std::span<const std::uint16_t> columns);

    // Steps to the next row; false at the end or on an error.
    bool next();
    // Whether it ended well. Errors: protocol; unsupported, naming the type.
    const Result<void>& status() const noexcept { return status_; }

    // One value per wanted column, in their order; all absent where the change has no such image.
    std::span<const Value> before() const noexcept { return before_; }
    std::span<const Value> after() const noexcept { return after_; }

  private:
    bool read_image(ColumnBits present, bool may_be_partial, std::vector<Value>& values);
    bool read_partial_bits(std::string_view& bits);
    bool stop(std::size_t column);

    const RowsEvent& event_;
    ByteReader in_;
    // By column of the table: index of its value plus one, 0 = step over.
    std::vector<std::uint16_t> wanted_at_;
    std::vector<std::pair<std::uint16_t, std::uint16_t>> repeated_;  // a column wanted twice: copy from, to
    std::vector<Value> before_;
    std::vector<Value> after_;
    std::string storage_;               // text made of packed values; never grows past what was reserved
    std::deque<std::string> unpacked_;  // of compressed columns
    std::size_t json_columns_ = 0;
    bool started_ = false;
    Result<void> status_;
};

}  // namespace sabil::mysql::binlog
