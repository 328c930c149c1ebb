// Why statements were not served from memory, counted by reason: sabil_bypass_total.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace sabil::proxy::mysql_front {

// A reason known to the table. Index 0: "other".
using ReasonId = std::uint8_t;

// Thread-safety: one worker's own; names are shared and never freed.
class ReasonTable {
  public:
    ReasonTable();
    ~ReasonTable();
    // The id of a reason's name, registered on first sight; 0 past reasons_count_max.
    ReasonId id(std::string_view name);
    // NUL-terminated; lives as long as the process.
    static std::string_view name(ReasonId id) noexcept;
    static std::size_t known_count() noexcept;

    static constexpr std::size_t reasons_count_max = 255;

  private:
    struct Names;
    static Names& names();
    struct Seen;
    std::unique_ptr<Seen> seen_;
};

}  // namespace sabil::proxy::mysql_front
