#include "proxy/resp/event_setting.h"

#include "cache/store/observer.h"

namespace sabil::proxy::resp::event_setting {
namespace {

using cache::EventClass;

struct Letter {
    char letter;
    std::uint32_t bits;
    bool in_all;  // part of A
};

constexpr std::uint32_t bits_of(EventClass event_class) { return static_cast<std::uint32_t>(event_class); }

// In the order in which CONFIG GET shows them.
constexpr Letter letters_in_order[] = {
    {'g', bits_of(EventClass::generic), true},  {'$', bits_of(EventClass::string), true},
    {'l', bits_of(EventClass::list), true},     {'s', bits_of(EventClass::set), true},
    {'h', bits_of(EventClass::hash), true},     {'z', bits_of(EventClass::zset), true},
    {'x', bits_of(EventClass::expired), true},  {'e', bits_of(EventClass::evicted), true},
    {'t', bits_of(EventClass::stream), true},   {'d', bits_of(EventClass::module), true},
    {'n', bits_of(EventClass::new_key), false}, {'K', keyspace_channel, false},
    {'E', keyevent_channel, false},             {'m', bits_of(EventClass::key_miss), false},
};

constexpr std::uint32_t all_classes() {
    std::uint32_t bits = 0;
    for (const auto& entry : letters_in_order) bits |= entry.in_all ? entry.bits : 0;
    return bits;
}

}  // namespace

bool parse(std::string_view letters, std::uint32_t& bits) noexcept {
    std::uint32_t out = 0;
    for (char c : letters) {
        std::uint32_t found = c == 'A' ? all_classes() : 0;
        for (const auto& entry : letters_in_order) {
            if (entry.letter == c) found = entry.bits;
        }
        if (found == 0) return false;
        out |= found;
    }
    bits = out;
    return true;
}

std::string format(std::uint32_t bits) {
    std::string out;
    std::uint32_t shown = 0;
    if ((bits & all_classes()) == all_classes()) {
        out += 'A';
        shown = all_classes();
    }
    for (const auto& entry : letters_in_order) {
        if ((bits & ~shown & entry.bits) != 0) out += entry.letter;
    }
    return out;
}

}  // namespace sabil::proxy::resp::event_setting
