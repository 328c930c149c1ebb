// Reads the RDB format's primitives from any source of bytes. Latches the first error: check ok() after a group of
// reads; after an error reads give zeros and empty strings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cache/base/limits.h"
#include "cache/base/result.h"

namespace sabil::cache {

// Thread-safety: one thread.
class ByteSource {
  public:
    virtual ~ByteSource() = default;
    // Up to size bytes; 0 at the end of the input.
    virtual Result<std::size_t> read(char* to, std::size_t size) = 0;
};

// Views bytes in memory.
class MemorySource final : public ByteSource {
  public:
    explicit MemorySource(std::string_view bytes) noexcept : bytes_(bytes) {}
    Result<std::size_t> read(char* to, std::size_t size) override {
        const auto n = bytes_.copy(to, size);
        bytes_.remove_prefix(n);
        return n;
    }

  private:
    std::string_view bytes_;
};

// Thread-safety: one thread.
class RdbDecoder {
  public:
    // The source must outlive the decoder. longest_string_bytes: longer ones are errors.
    explicit RdbDecoder(ByteSource& source, std::size_t longest_string_bytes = limits::value_bytes * 4)
        : source_(source), longest_string_bytes_(longest_string_bytes) {}

    bool ok() const noexcept { return !failed_; }
    const Error& error() const noexcept { return error_; }
    // Bytes taken so far, and their CRC.
    std::uint64_t position() const noexcept { return position_; }
    std::uint64_t crc() noexcept;
    bool at_end();

    void fail(std::string message);
    std::uint8_t byte();
    std::uint64_t little_endian(unsigned bytes);
    double real();
    std::uint64_t length();
    // Memory is taken as bytes arrive, never for a length that the input only claims.
    std::string string();
    std::string raw(std::size_t size);

  private:
    struct Length {
        std::uint64_t value = 0;
        bool special = false;
    };
    Length any_length();
    std::uint64_t big_endian(unsigned bytes);
    bool take(char* to, std::size_t size);
    bool refill();
    std::string compressed();

    ByteSource& source_;
    std::size_t longest_string_bytes_;
    std::string buffer_;
    std::size_t used_ = 0;     // of the buffer
    std::size_t checked_ = 0;  // of the buffer, in the CRC
    std::uint64_t crc_ = 0;
    std::uint64_t position_ = 0;
    bool failed_ = false;
    Error error_;
};

}  // namespace sabil::cache
