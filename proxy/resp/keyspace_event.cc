#include "proxy/resp/keyspace_event.h"

namespace sabil::proxy::resp {
namespace {

struct Letter {
    char letter;
    std::uint32_t bits;
};

// In the order in which CONFIG GET shows them.
constexpr Letter letters_in_order[] = {
    {'g', 1 << 0},  {'$', 1 << 1}, {'l', 1 << 2}, {'s', 1 << 3},  {'h', 1 << 4},
    {'z', 1 << 5},  {'x', 1 << 6}, {'e', 1 << 7}, {'t', 1 << 8},  {'d', 1 << 10},
    {'n', 1 << 11}, {'K', event_setting::keyspace_channel}, {'E', event_setting::keyevent_channel}, {'m', 1 << 9},
};

}  // namespace

bool parse_event_setting(std::string_view letters, std::uint32_t& bits) noexcept {
    std::uint32_t out = 0;
    for (char c : letters) {
        if (c == 'A') {
            out |= event_setting::all_classes;
            continue;
        }
        std::uint32_t found = 0;
        for (const auto& entry : letters_in_order) {
            if (entry.letter == c) found = entry.bits;
        }
        if (found == 0) return false;
        out |= found;
    }
    bits = out;
    return true;
}

std::string format_event_setting(std::uint32_t bits) {
    std::string out;
    std::uint32_t shown = 0;
    if ((bits & event_setting::all_classes) == event_setting::all_classes) {
        out += 'A';
        shown = event_setting::all_classes;
    }
    for (const auto& entry : letters_in_order) {
        if ((bits & ~shown & entry.bits) != 0) out += entry.letter;
    }
    return out;
}

}  // namespace sabil::proxy::resp
