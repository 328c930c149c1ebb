// TRANSACTION_PAYLOAD (40): fields of length-encoded kind and length, and data (1 payload size, 2 compression: 0 zstd,
// 255 none, 3 unpacked size; 0 ends them), then the payload: events without checksums, one behind the other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "cache/base/result.h"

struct ZSTD_DCtx_s;

namespace sabil::mysql::binlog {

// Gives the events one by one, unpacking as it goes: only one is held at a time. Thread-safety: one thread.
class PayloadReader {
  public:
    // Errors: protocol; unsupported (compression).
    static Result<PayloadReader> open(std::string_view body);

    std::uint64_t unpacked_bytes() const noexcept { return unpacked_bytes_; }  // as announced
    // The next event, valid until the next call; empty at the end. Errors: protocol; out_of_range for an event over
    // event_bytes_max.
    Result<std::string_view> next(std::size_t event_bytes_max);

  private:
    struct Free {
        void operator()(ZSTD_DCtx_s* context) const noexcept;
    };
    Result<bool> fill(std::size_t bytes);

    std::string_view packed_;
    std::uint64_t unpacked_bytes_ = 0;
    bool plain_ = false;
    std::unique_ptr<ZSTD_DCtx_s, Free> context_;
    std::string buffer_;  // unpacked, not yet given out from begin_ on
    std::size_t begin_ = 0;
};

}  // namespace sabil::mysql::binlog
