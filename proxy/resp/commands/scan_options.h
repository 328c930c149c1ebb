// The arguments that SCAN, HSCAN, SSCAN and ZSCAN share, and the form of their reply.
#pragma once

#include "cache/types/element.h"
#include "proxy/resp/args.h"
#include "proxy/resp/reply.h"

#include <cstdint>
#include <string_view>

namespace sabil::proxy::resp {

struct ScanOptions {
    std::size_t count = 10;
    std::string_view pattern;  // empty: none was given, all match
    bool has_pattern = false;
    std::string_view type;  // SCAN only
    bool has_type = false;
    bool no_values = false;  // HSCAN only

    bool matches(std::string_view text) const noexcept;
    bool matches(const cache::ElementView& element) const noexcept;
};

// Which word a command takes beyond MATCH and COUNT.
enum class ScanWord : std::uint8_t { none, type, no_values };

// Reads args from `first` to the end. Errors: "ERR syntax error", also for COUNT below 1; not an integer.
bool parse_scan_options(Args args, std::size_t first, ScanWord word, ScanOptions& options, Reply& reply);

// [cursor, [parts...]]: the parts are written first, then finish() puts the cursor in front of them.
class ScanReply {
  public:
    explicit ScanReply(Reply& reply) noexcept : reply_(reply), start_(reply.open()) {}
    void wrote(std::size_t parts) noexcept { parts_ += parts; }
    void finish(std::uint64_t next_cursor);

  private:
    Reply& reply_;
    Reply::Mark start_;
    std::size_t parts_ = 0;
};

}  // namespace sabil::proxy::resp
