// Bytes written by hand for the wire tests.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "mysql/wire/frame.h"

namespace sabil::mysql::testing {

inline std::string bytes(std::initializer_list<int> values) {
    std::string out;
    for (int v : values) out.push_back(static_cast<char>(v));
    return out;
}

// Packets one behind the other, numbered from 1 as an answer is.
inline std::string frames(std::initializer_list<std::string_view> payloads, std::uint8_t sequence = 1) {
    std::string out;
    for (auto payload : payloads) append_packet(out, sequence, payload);
    return out;
}

}  // namespace sabil::mysql::testing
