#include "proxy/resp/commands/zset_range.h"

#include "proxy/resp/commands/zset_bounds.h"

namespace sabil::proxy::resp {

bool ZRangeRequest::parse_options(Args options, Reply& reply) {
    bool limited = false;
    for (std::size_t i = 0; i < options.size(); ++i) {
        const auto word = options[i];
        if (may_have_scores && equals_ignoring_case(word, "withscores")) {
            with_scores = true;
        } else if (equals_ignoring_case(word, "limit") && i + 2 < options.size()) {
            if (!integer_argument(options[i + 1], offset, reply)) return false;
            if (!integer_argument(options[i + 2], limit, reply)) return false;
            limited = limit != -1;
            i += 2;
        } else if (!fixed_reverse && equals_ignoring_case(word, "rev")) {
            reverse = true;
        } else if (!fixed_by && equals_ignoring_case(word, "bylex")) {
            by = RangeBy::lex;
        } else if (!fixed_by && equals_ignoring_case(word, "byscore")) {
            by = RangeBy::score;
        } else {
            reply.error(errors::syntax);
            return false;
        }
    }
    if (limited && by == RangeBy::index) {
        reply.error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
        return false;
    }
    if (with_scores && by == RangeBy::lex) {
        reply.error("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
        return false;
    }
    return true;
}

bool ZRangeRequest::parse_bounds(std::string_view first, std::string_view second, Reply& reply) {
    // From the highest down, the upper bound stands first; indexes keep their order.
    if (reverse && by != RangeBy::index) std::swap(first, second);
    switch (by) {
        case RangeBy::index:
            return indexes.parse(first, second, reply);
        case RangeBy::score:
            return score_range_argument(first, second, scores, reply);
        case RangeBy::lex:
            break;
    }
    return lex_range_argument(first, second, names, reply);
}

bool ZRangeRequest::parse(Args args, std::size_t first, Reply& reply) {
    if (fixed_by) by = *fixed_by;
    if (fixed_reverse) reverse = *fixed_reverse;
    return parse_options(args.subspan(first + 2), reply) && parse_bounds(args[first], args[first + 1], reply);
}

cache::ZSet::RankRange ZRangeRequest::ranks(const cache::ZSet& zset) const {
    const std::size_t size = zset.size();
    if (by == RangeBy::index) {
        const auto [first, count] = indexes.within(size);
        return {reverse ? size - first - count : first, count};
    }
    auto range = by == RangeBy::score ? zset.ranks(scores) : zset.ranks(names);
    if (offset < 0 || static_cast<std::uint64_t>(offset) >= range.count) return {};
    const auto skipped = static_cast<std::size_t>(offset);
    std::size_t count = range.count - skipped;
    if (limit >= 0) count = std::min(count, static_cast<std::size_t>(limit));
    return {reverse ? range.first + range.count - skipped - count : range.first + skipped, count};
}

void visit_range(const cache::ZSet& zset, const ZRangeRequest& request, cache::ZSet::RankRange range,
                 cache::ZSet::Visitor visit) {
    if (range.count == 0) return;
    request.reverse ? zset.for_range_reverse(range, visit) : zset.for_range(range, visit);
}

}  // namespace sabil::proxy::resp
