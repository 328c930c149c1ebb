// The value of `notify-keyspace-events`: letters that choose classes of events (cache::EventClass) and channels.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sabil::proxy::resp::event_setting {

inline constexpr std::uint32_t keyspace_channel = 1 << 24;  // K
inline constexpr std::uint32_t keyevent_channel = 1 << 25;  // E

// The letters as bits of cache::EventClass and the two above. False where a letter is unknown.
bool parse(std::string_view letters, std::uint32_t& bits) noexcept;
std::string format(std::uint32_t bits);

}  // namespace sabil::proxy::resp::event_setting
