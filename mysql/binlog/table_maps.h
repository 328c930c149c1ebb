// The table maps of the statement under way, by number. Maps seen before are kept, so that the same table's next
// statement need not be parsed anew; they count as present only once their statement has announced them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "cache/base/result.h"
#include "mysql/binlog/table_map.h"

namespace sabil::mysql::binlog {

// Thread-safety: one thread.
class TableMaps {
  public:
    TableMaps(std::size_t count_max, std::size_t bytes_max) : count_max_(count_max), bytes_max_(bytes_max) {}

    // A TABLE_MAP event's body. Valid until the next announce() or end_statement(). Errors: protocol, out_of_range.
    Result<const TableMap*> announce(std::string_view body, bool mariadb);
    // Null where the statement under way has not announced it.
    const TableMap* find(std::uint64_t number) const noexcept;
    void end_statement() noexcept { ++statement_; }
    void clear() noexcept;

  private:
    struct Entry {
        std::string body;
        TableMap map;
        std::uint64_t statement = 0;
        std::size_t bytes = 0;
    };
    void make_room(std::size_t bytes);

    std::size_t count_max_;
    std::size_t bytes_max_;
    std::size_t bytes_ = 0;
    std::uint64_t statement_ = 1;
    std::unordered_map<std::uint64_t, Entry> entries_;
};

}  // namespace sabil::mysql::binlog
