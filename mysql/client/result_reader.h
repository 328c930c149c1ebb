// Collects the answer to a text statement, without I/O.
#pragma once

#include <cstddef>
#include <string_view>

#include "cache/base/result.h"
#include "mysql/client/connection.h"
#include "mysql/wire/capabilities.h"

namespace sabil::mysql {

// Thread-safety: one thread.
class ResultReader {
  public:
    ResultReader(Capabilities capabilities, std::size_t bytes_max) noexcept
        : capabilities_(capabilities), bytes_max_(bytes_max) {}

    // Each packet of the answer; true once it is whole. Errors: server with its number (the answer is then whole too),
    // out_of_range past the limit, unsupported for LOCAL INFILE, protocol.
    Result<bool> on_packet(std::string_view payload);
    // The last result that has columns, else the last OK.
    QueryResult take() noexcept { return std::move(result_); }

  private:
    enum class State { first, columns, columns_end, rows };

    Result<bool> on_first(std::string_view payload);
    Result<bool> on_column(std::string_view payload);
    Result<bool> on_row(std::string_view payload);
    Result<bool> end(std::string_view payload);

    Capabilities capabilities_;
    std::size_t bytes_max_;
    std::size_t bytes_ = 0;
    State state_ = State::first;
    std::size_t columns_left_ = 0;
    QueryResult result_;
};

}  // namespace sabil::mysql
