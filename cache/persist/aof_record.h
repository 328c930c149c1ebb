// The append-only file's records: commands as clients send them (RESP arrays of bulk strings), and annotations, lines
// that begin with #.
//   *N \r\n  ( $LENGTH \r\n bytes \r\n ) x N
//   #TS:UNIX-SECONDS \r\n
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cache/persist/rdb_decoder.h"

namespace sabil::cache {

// Appends one command. Thread-safety: pure.
void append_aof_record(std::string& out, std::span<const std::string_view> args);
void append_aof_record(std::string& out, std::initializer_list<std::string_view> args);
void append_aof_timestamp(std::string& out, std::int64_t unix_seconds);

// Reads commands from bytes of unknown origin. Thread-safety: one thread.
class AofReader {
  public:
    static constexpr std::uint64_t args_max = 1024 * 1024;
    static constexpr std::uint64_t arg_bytes_max = 512ULL << 20;
    static constexpr std::size_t annotation_bytes_max = 1024;

    enum class Status : std::uint8_t {
        record,     // args() holds it
        end,        // of the input, between records
        truncated,  // the input ends within a record
        damaged,    // error() tells where and why; nothing after it can be read
    };

    // The source must outlive the reader. offset: of the source's first byte in the file.
    explicit AofReader(ByteSource& source, std::uint64_t offset = 0) : source_(source), position_(offset), taken_(offset) {}
    // Annotations are passed over.
    Status next();
    std::span<const std::string> args() const noexcept { return {args_.data(), count_}; }
    // Where the record that next() has found ends, in the file.
    std::uint64_t position() const noexcept { return position_; }
    const std::string& error() const noexcept { return error_; }

  private:
    Status read_record(std::string_view line);
    // False at the end of the input; then ended_ or failed_.
    bool fill();
    bool line(std::string& out);
    bool bytes(std::string& out, std::uint64_t size);
    Status stop(std::string why);

    ByteSource& source_;
    std::string buffer_;
    std::size_t used_ = 0;
    std::uint64_t position_;  // after the last record
    std::uint64_t taken_;     // of everything taken so far
    std::vector<std::string> args_;
    std::size_t count_ = 0;
    std::string line_;
    std::string error_;
};

}  // namespace sabil::cache
