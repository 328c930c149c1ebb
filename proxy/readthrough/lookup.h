// One lookup as configured: which keys it fills, by which query, in which shape.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sabil::proxy::readthrough {

// The shape a result takes as a Redis value.
enum class Encoding : std::uint8_t {
    json,    // string: an array of objects
    row,     // string: the first row as an object
    string,  // string: the first column of the first row
    hash,    // hash: the first row, a NULL column absent
    list,    // list: the first column
    set,     // set: the first column
    zset,    // zset: first column the member, second the score
};
std::string_view encoding_name(Encoding encoding) noexcept;

// Thread-safety: a value type. Durations: zero turns the feature off.
struct LookupConfig {
    std::string name;
    std::string key;    // template: "article:{id}"
    std::string query;  // with the same {names}
    Encoding as = Encoding::json;
    std::chrono::milliseconds ttl{0};                       // 0: the default of [cache]
    std::optional<std::chrono::milliseconds> negative_ttl;  // how long a missing row is remembered; absent: ttl; 0: not
    std::chrono::milliseconds stale_while_revalidate{0};
    std::chrono::milliseconds stale_if_error{0};
    bool refresh = false;  // fill again as soon as the database changes
    unsigned line = 0;     // of the configuration file
    bool operator==(const LookupConfig&) const = default;
};

}  // namespace sabil::proxy::readthrough
