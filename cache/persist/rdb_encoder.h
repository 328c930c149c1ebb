// Writes the RDB format's primitives.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cache/persist/rdb_format.h"
#include "cache/types/element.h"

namespace sabil::cache {

// Appends to a buffer; where it is given a way to empty it, the buffer stays near flush_bytes.
// Thread-safety: one thread.
class RdbEncoder {
  public:
    static constexpr std::size_t flush_bytes = 256 << 10;
    // flush: takes the buffer's bytes and clears it.
    using Flush = void (*)(void* to, std::string& buffer);

    explicit RdbEncoder(std::string& out, bool compress = true) : out_(out), compress_(compress) {}
    void flush_into(Flush flush, void* to) noexcept {
        flush_ = flush;
        flush_to_ = to;
    }

    void byte(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
    void opcode(rdb::Opcode opcode) { byte(static_cast<std::uint8_t>(opcode)); }
    void type(rdb::Type type) { byte(static_cast<std::uint8_t>(type)); }
    void length(std::uint64_t value);
    void raw(std::string_view bytes) { out_.append(bytes); }
    void little_endian(std::uint64_t value, unsigned bytes);
    void big_endian(std::uint64_t value, unsigned bytes);
    void real(double value);
    // As an integer where the text is one of 32 bits, compressed where that helps.
    void string(std::string_view text);
    void element(ElementView element);
    // Bytes that hold a whole structure: never taken for an integer.
    void blob(std::string_view bytes);
    void settle() {
        if (flush_ != nullptr && out_.size() >= flush_bytes) flush_(flush_to_, out_);
    }

  private:
    std::string& out_;
    bool compress_;
    Flush flush_ = nullptr;
    void* flush_to_ = nullptr;
};

}  // namespace sabil::cache
