// NX, XX, GT, LT: when an expiry may be set.
#pragma once

#include "cache/base/clock.h"
#include "proxy/resp/args.h"

#include <optional>
#include <string_view>

namespace sabil::proxy::resp {

struct ExpireConditions {
    bool missing = false;  // NX
    bool present = false;  // XX
    bool greater = false;  // GT
    bool less = false;     // LT

    // True where `word` is one of them.
    bool take(std::string_view word) noexcept {
        bool* const condition = equals_ignoring_case(word, "nx")   ? &missing
                                : equals_ignoring_case(word, "xx") ? &present
                                : equals_ignoring_case(word, "gt") ? &greater
                                : equals_ignoring_case(word, "lt") ? &less
                                                                   : nullptr;
        if (condition != nullptr) *condition = true;
        return condition != nullptr;
    }

    // No expiry counts as the end of time.
    bool hold(const std::optional<WallTime>& current, WallTime at) const noexcept {
        if (missing && current) return false;
        if (present && !current) return false;
        if (greater && (!current || at <= *current)) return false;
        return !(less && current && at >= *current);
    }
};

}  // namespace sabil::proxy::resp
