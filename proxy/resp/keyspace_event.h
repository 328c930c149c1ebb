// Classes of keyspace events, with the letters of `notify-keyspace-events`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sabil::proxy::resp {

enum class EventClass : std::uint16_t {
    generic = 1 << 0,    // g: DEL, EXPIRE, RENAME ...
    string = 1 << 1,     // $
    list = 1 << 2,       // l
    set = 1 << 3,        // s
    hash = 1 << 4,       // h
    sorted_set = 1 << 5, // z
    expired = 1 << 6,    // x
    evicted = 1 << 7,    // e
    stream = 1 << 8,     // t
    key_miss = 1 << 9,   // m; not part of A
    module = 1 << 10,    // d
    new_key = 1 << 11,   // n; not part of A
};

namespace event_setting {
inline constexpr std::uint32_t keyspace_channel = 1 << 16;  // K
inline constexpr std::uint32_t keyevent_channel = 1 << 17;  // E
inline constexpr std::uint32_t all_classes = 0x5ff;         // A: every class but m and n
}  // namespace event_setting

// The letters as bits of EventClass and event_setting. False where a letter is unknown.
bool parse_event_setting(std::string_view letters, std::uint32_t& bits) noexcept;
std::string format_event_setting(std::uint32_t bits);

}  // namespace sabil::proxy::resp
