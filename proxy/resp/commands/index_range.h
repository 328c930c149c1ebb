// `start stop` over a sequence: both included, negative ones count from the end, cut to what there is.
#pragma once

#include "proxy/resp/args.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace sabil::proxy::resp {

struct IndexRange {
    std::int64_t start = 0;
    std::int64_t stop = 0;

    bool parse(std::string_view start_text, std::string_view stop_text, Reply& reply) {
        return integer_argument(start_text, start, reply) && integer_argument(stop_text, stop, reply);
    }

    // The first index and how many; nothing to take gives a count of 0.
    std::pair<std::size_t, std::size_t> within(std::size_t size) const noexcept {
        const auto length = static_cast<std::int64_t>(size);
        const std::int64_t first = std::max<std::int64_t>(0, start < 0 ? start + length : start);
        const std::int64_t last = std::min(length - 1, stop < 0 ? stop + length : stop);
        if (first > last || first >= length) return {0, 0};
        return {static_cast<std::size_t>(first), static_cast<std::size_t>(last - first + 1)};
    }
};

}  // namespace sabil::proxy::resp
