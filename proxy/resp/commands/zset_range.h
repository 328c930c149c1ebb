// A range of a sorted set, whichever way it is asked for: by index, by score or by name.
#pragma once

#include "cache/types/zset.h"
#include "proxy/resp/args.h"
#include "proxy/resp/commands/index_range.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sabil::proxy::resp {

class Reply;

enum class RangeBy : std::uint8_t { index, score, lex };

struct ZRangeRequest {
    // Where set, the command fixes it and the words BYSCORE, BYLEX or REV are not taken.
    std::optional<RangeBy> fixed_by;
    std::optional<bool> fixed_reverse;
    bool may_have_scores = true;

    RangeBy by = RangeBy::index;
    bool reverse = false;
    bool with_scores = false;
    IndexRange indexes;
    cache::ScoreRange scores;
    cache::LexRange names;
    std::int64_t offset = 0;
    std::int64_t limit = -1;  // negative: all

    // `args[first]` and the next one are the bounds, the rest are options.
    bool parse(Args args, std::size_t first, Reply& reply);
    // The ranks it covers, LIMIT applied; visited from the highest down where `reverse`.
    cache::ZSet::RankRange ranks(const cache::ZSet& zset) const;

  private:
    bool parse_options(Args options, Reply& reply);
    bool parse_bounds(std::string_view first, std::string_view second, Reply& reply);
};

// Visits the members in the order asked for.
void visit_range(const cache::ZSet& zset, const ZRangeRequest& request, cache::ZSet::RankRange range,
                 cache::ZSet::Visitor visit);

}  // namespace sabil::proxy::resp
