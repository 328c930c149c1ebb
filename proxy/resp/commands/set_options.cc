#include "proxy/resp/commands/set_options.h"

#include "cache/base/hash.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/reply.h"

namespace sabil::proxy::resp {
namespace {

using Kind = SetCondition::Kind;

std::optional<Kind> compare_word(std::string_view word) noexcept {
    if (equals_ignoring_case(word, "ifeq")) return Kind::equal;
    if (equals_ignoring_case(word, "ifne")) return Kind::not_equal;
    if (equals_ignoring_case(word, "ifdeq")) return Kind::digest_equal;
    if (equals_ignoring_case(word, "ifdne")) return Kind::digest_not_equal;
    return std::nullopt;
}

bool set_condition(SetOptions& options, Kind kind, std::string_view operand = {}) noexcept {
    if (options.condition.kind != Kind::always && options.condition.kind != kind) return false;
    options.condition = {kind, operand};
    return true;
}

// The same option twice is fine, and the later one counts; two different ones contradict each other.
bool may_set_time(const SetOptions& options, const TimeForm& form) noexcept {
    return !options.keep_ttl && !options.persist && (!options.time || *options.time == form);
}

// How many arguments the option at `at` takes; 0 where it is no valid option there.
std::size_t take_option(Args args, std::size_t at, unsigned words, SetOptions& options) noexcept {
    const auto word = args[at];
    const bool has_next = at + 1 < args.size();
    if ((words & set_word::conditions) != 0) {
        if (equals_ignoring_case(word, "nx")) return set_condition(options, Kind::missing) ? 1 : 0;
        if (equals_ignoring_case(word, "xx")) return set_condition(options, Kind::present) ? 1 : 0;
    }
    if ((words & set_word::get) != 0 && equals_ignoring_case(word, "get")) {
        options.get = true;
        return 1;
    }
    if ((words & set_word::keep_ttl) != 0 && equals_ignoring_case(word, "keepttl")) {
        if (options.persist || options.time) return 0;
        options.keep_ttl = true;
        return 1;
    }
    if ((words & set_word::persist) != 0 && equals_ignoring_case(word, "persist")) {
        if (options.keep_ttl || options.time) return 0;
        options.persist = true;
        return 1;
    }
    if (!has_next) return 0;
    if ((words & set_word::times) != 0) {
        if (auto form = time_option(word)) {
            if (!may_set_time(options, *form)) return 0;
            options.time = form;
            options.time_text = args[at + 1];
            return 2;
        }
    }
    if ((words & set_word::compares) != 0) {
        if (auto kind = compare_word(word)) {
            return options.condition.kind == Kind::always && set_condition(options, *kind, args[at + 1]) ? 2 : 0;
        }
    }
    return 0;
}

}  // namespace

bool SetCondition::holds(const std::optional<cache::ElementView>& current) const {
    switch (kind) {
        case Kind::always:
            return true;
        case Kind::missing:
            return !current;
        case Kind::present:
            return current.has_value();
        case Kind::equal:
            return current && *current == operand;
        case Kind::not_equal:
            return !current || !(*current == operand);
        case Kind::digest_equal:
            return current && value_digest(*current).view() == operand;
        case Kind::digest_not_equal:
            return !current || value_digest(*current).view() != operand;
    }
    return false;
}

bool parse_set_options(Args args, std::size_t first, unsigned words, SetOptions& options, Reply& reply) {
    for (std::size_t at = first; at < args.size();) {
        const std::size_t taken = take_option(args, at, words, options);
        if (taken == 0) {
            reply.error(errors::syntax);
            return false;
        }
        at += taken;
    }
    return true;
}

ValueDigest value_digest(const cache::ElementView& value) noexcept {
    constexpr char hex[] = "0123456789abcdef";
    DecimalBuffer scratch;
    std::uint64_t hash = hash_bytes(value.text(scratch));
    ValueDigest out;
    for (int i = 15; i >= 0; --i, hash >>= 4) out.digits[i] = hex[hash & 15];
    return out;
}

}  // namespace sabil::proxy::resp
