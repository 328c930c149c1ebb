// Where a command's keys stand among its arguments: what COMMAND INFO tells clients, and what the dispatcher locks,
// fills and checks. A command has up to three specs (a source range and a destination, for instance).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace sabil::proxy::resp {

// What the command does to the keys of one spec. The first four exclude each other.
namespace key_flag {
inline constexpr std::uint16_t ro = 1 << 0;          // reads the value
inline constexpr std::uint16_t rw = 1 << 1;          // reads and changes it
inline constexpr std::uint16_t ow = 1 << 2;          // overwrites it unread
inline constexpr std::uint16_t rm = 1 << 3;          // removes it
inline constexpr std::uint16_t access = 1 << 4;      // returns, copies or uses the user's data
inline constexpr std::uint16_t update = 1 << 5;      // changes data, possibly depending on what is there
inline constexpr std::uint16_t insert = 1 << 6;      // adds data, changing nothing that is there
inline constexpr std::uint16_t remove = 1 << 7;      // takes away part of the data
inline constexpr std::uint16_t not_key = 1 << 8;     // routed like a key, but is none (a shard channel)
inline constexpr std::uint16_t incomplete = 1 << 9;  // the spec cannot name all keys
inline constexpr std::uint16_t variable = 1 << 10;   // the arguments may turn a write into a read
inline constexpr std::uint16_t writes = rw | ow | rm;
}  // namespace key_flag

struct KeySpec {
    enum class Begin : std::uint8_t { index, keyword, unknown };
    enum class Find : std::uint8_t { range, counted, unknown };

    Begin begin = Begin::index;
    Find find = Find::range;
    std::uint16_t flags = 0;
    // Begin::index: the argument number of the first key (the command's name is 0).
    // Begin::keyword: the argument number from which the keyword is searched; negative counts from the end, backwards.
    std::int16_t at = 0;
    std::string_view keyword;
    // Find::range: the last key, relative to the first; negative counts from the end of the arguments (-1 is the last).
    std::int16_t last = 0;
    std::int16_t step = 1;   // arguments from one key to the next
    std::int16_t limit = 0;  // with last == -1: use 1/limit of the remaining arguments; 0 and 1 mean all of them
    // Find::counted: where the number of keys and the first key stand, relative to the beginning.
    std::int16_t count_at = 0;
    std::int16_t first = 1;
};

// The specs of one command. Thread-safety: a value type.
class KeySpecs {
  public:
    static constexpr std::size_t max_count = 3;
    constexpr KeySpecs() = default;
    constexpr KeySpecs(std::initializer_list<KeySpec> specs) {
        for (const auto& spec : specs) specs_[count_++] = spec;
    }
    constexpr const KeySpec* begin() const noexcept { return specs_; }
    constexpr const KeySpec* end() const noexcept { return specs_ + count_; }
    constexpr std::size_t size() const noexcept { return count_; }
    constexpr bool empty() const noexcept { return count_ == 0; }
    constexpr const KeySpec& operator[](std::size_t i) const noexcept { return specs_[i]; }

  private:
    KeySpec specs_[max_count] = {};
    std::uint8_t count_ = 0;
};

namespace keys {
// One key at argument `index`.
constexpr KeySpec one(std::int16_t index, std::uint16_t flags) {
    return KeySpec{.flags = flags, .at = index, .keyword = {}};
}
// Keys from argument `first` to `last` (relative to the first; negative from the end), each `step` apart.
constexpr KeySpec range(std::int16_t first, std::int16_t last, std::int16_t step, std::uint16_t flags) {
    return KeySpec{.flags = flags, .at = first, .keyword = {}, .last = last, .step = step};
}
// `numkeys key [key ...]` with numkeys at argument `index`.
constexpr KeySpec counted(std::int16_t index, std::uint16_t flags) {
    return KeySpec{.find = KeySpec::Find::counted, .flags = flags, .at = index, .keyword = {}};
}
// The keys after a keyword (STREAMS), searched from argument `from`.
constexpr KeySpec after(std::string_view keyword, std::int16_t from, std::int16_t last, std::int16_t step,
                        std::int16_t limit, std::uint16_t flags) {
    return KeySpec{.begin = KeySpec::Begin::keyword,
                   .flags = flags,
                   .at = from,
                   .keyword = keyword,
                   .last = last,
                   .step = step,
                   .limit = limit};
}
// Keys that only the command's own extractor can find (SORT ... STORE, MIGRATE ... KEYS).
constexpr KeySpec unknown(std::uint16_t flags) {
    return KeySpec{
        .begin = KeySpec::Begin::unknown, .find = KeySpec::Find::unknown, .flags = flags, .keyword = {}};
}
}  // namespace keys

}  // namespace sabil::proxy::resp
