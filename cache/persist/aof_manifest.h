// The manifest of a multi-part append-only file: which files make it up, in which order.
//   file NAME seq NUMBER type b|h|i
// one line each; names with blanks or quotes are in double quotes; lines that begin with # are remarks. A base (b) holds
// everything up to some moment, increments (i) what came after it, history (h) waits to be deleted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/base/result.h"

namespace sabil::cache {

struct AofFile {
    std::string name;  // without folder
    std::uint64_t sequence = 0;
    bool operator==(const AofFile&) const = default;
};

// Thread-safety: a value type.
struct AofManifest {
    static constexpr std::size_t line_bytes_max = 1024;
    static constexpr std::size_t file_bytes_max = 1 << 20;

    std::optional<AofFile> base;
    std::vector<AofFile> increments;  // ascending
    std::vector<AofFile> history;

    bool empty() const noexcept { return !base && increments.empty(); }
    std::uint64_t last_base_sequence() const noexcept { return base_sequence; }
    std::uint64_t last_increment_sequence() const noexcept { return increment_sequence; }
    // New names as Redis makes them; each takes the next number.
    AofFile next_base(std::string_view name, bool rdb);
    AofFile next_increment(std::string_view name);

    std::string text() const;
    // Errors: invalid, naming the line.
    static Result<AofManifest> parse(std::string_view text);

    std::uint64_t base_sequence = 0;       // the highest number given so far; 0: none
    std::uint64_t increment_sequence = 0;
};

}  // namespace sabil::cache
