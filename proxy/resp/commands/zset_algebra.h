// Unions, intersections and differences of sorted sets, in which plain sets take part with a score of 1.
#pragma once

#include "cache/types/set.h"
#include "cache/types/zset.h"
#include "proxy/resp/args.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sabil::cache {
class Database;
}

namespace sabil::proxy::resp {

class Reply;

enum class SetOperation : std::uint8_t { set_union, intersection, difference };
enum class Aggregate : std::uint8_t { sum, min, max };

// A missing key has neither.
struct WeightedOperand {
    const cache::ZSet* zset = nullptr;
    const cache::Set* set = nullptr;
    double weight = 1;

    std::size_t size() const noexcept;
    std::optional<double> score(std::string_view member) const noexcept;  // unweighted
    void for_each(cache::ZSet::Visitor visit) const;
    bool same_as(const WeightedOperand& other) const noexcept { return zset == other.zset && set == other.set; }
};

struct AlgebraRequest {
    SetOperation operation = SetOperation::set_union;
    bool stores = false;      // ...STORE: no WITHSCORES
    bool only_count = false;  // ZINTERCARD: LIMIT instead of the rest
    std::string_view command;

    std::vector<WeightedOperand> operands;
    Aggregate aggregate = Aggregate::sum;
    bool with_scores = false;
    std::int64_t limit = 0;  // 0: none

    // `args[numkeys_at]` is the number of keys. Finds the operands too.
    bool parse(cache::Database& database, Args args, std::size_t numkeys_at, Reply& reply);

  private:
    bool parse_options(Args options, Reply& reply);
    bool take_option(Args options, std::size_t& taken, Reply& reply);
    bool parse_weights(Args weights, Reply& reply);
};

cache::ZSet combine(const AlgebraRequest& request, const cache::EncodingLimits& encodings);
// Stops at the limit.
std::size_t count_intersection(const AlgebraRequest& request);

}  // namespace sabil::proxy::resp
