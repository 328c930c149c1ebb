// The options that SET, GETEX, MSETEX, DELEX and HSETEX share.
#pragma once

#include "cache/types/element.h"
#include "proxy/resp/args.h"
#include "proxy/resp/commands/expiry_argument.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sabil::proxy::resp {

// When a command that changes a string goes ahead.
struct SetCondition {
    enum class Kind : std::uint8_t { always, missing, present, equal, not_equal, digest_equal, digest_not_equal };
    Kind kind = Kind::always;
    std::string_view operand;  // of the last four

    bool compares() const noexcept { return kind >= Kind::equal; }
    // For an existing string (compares()) or for whether the key exists.
    bool holds(const std::optional<cache::ElementView>& current) const;
};

struct SetOptions {
    SetCondition condition;
    std::optional<TimeForm> time;  // EX, PX, EXAT or PXAT, with its argument
    std::string_view time_text;
    bool keep_ttl = false;
    bool persist = false;
    bool get = false;
};

// Which words a command takes, as bits.
namespace set_word {
inline constexpr unsigned conditions = 1 << 0;  // NX, XX
inline constexpr unsigned compares = 1 << 1;    // IFEQ, IFNE, IFDEQ, IFDNE
inline constexpr unsigned times = 1 << 2;       // EX, PX, EXAT, PXAT
inline constexpr unsigned keep_ttl = 1 << 3;
inline constexpr unsigned persist = 1 << 4;
inline constexpr unsigned get = 1 << 5;
}  // namespace set_word

// Reads args from `first` to the end. False, with "ERR syntax error" written, where a word is unknown, repeated against
// another of its kind, or lacks its argument.
bool parse_set_options(Args args, std::size_t first, unsigned words, SetOptions& options, Reply& reply);

// 16 hexadecimal digits of the value's XXH3-64, as DIGEST answers.
struct ValueDigest {
    char digits[16];
    std::string_view view() const noexcept { return {digits, sizeof digits}; }
};
ValueDigest value_digest(const cache::ElementView& value) noexcept;

}  // namespace sabil::proxy::resp
