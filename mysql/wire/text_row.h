// A row of the text protocol: each column a length-encoded string, or 0xfb for NULL.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/base/bytes.h"
#include "cache/base/result.h"

namespace sabil::mysql {

using TextField = std::optional<std::string_view>;  // nullopt = NULL; views the packet

// Reads one field after another; check ok() once. Thread-safety: one thread.
class TextRowReader {
  public:
    explicit TextRowReader(std::string_view payload) noexcept : in_(payload) {}
    TextField next() noexcept;
    bool ok() const noexcept { return in_.ok(); }
    bool at_end() const noexcept { return in_.at_end(); }

  private:
    ByteReader in_;
};

// Exactly `columns` fields. Errors: protocol.
Result<std::vector<TextField>> parse_text_row(std::string_view payload, std::size_t columns);
void append_text_field(std::string& out, TextField field);

}  // namespace sabil::mysql
