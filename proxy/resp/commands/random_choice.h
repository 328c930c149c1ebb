// Choosing elements at random: HRANDFIELD, SRANDMEMBER, SPOP, ZRANDMEMBER.
#pragma once

#include "proxy/resp/args.h"

#include <cstdint>
#include <string_view>

namespace sabil::proxy::resp {

class Reply;
class Session;

// With repeats, so many elements at most: a reply must not outgrow the machine. Redis has no such limit.
inline constexpr std::int64_t random_repeats_max_count = 1 << 26;

// 64 random bits from a generator of this thread; not for secrets.
std::uint64_t random_bits() noexcept;
// Uniform in [0, limit); limit is at least 1.
std::uint64_t random_below(std::uint64_t limit) noexcept;

// `key [count [WITHVALUES or WITHSCORES]]`
struct RandomRequest {
    std::int64_t count = 1;  // negative: so many, repeats allowed
    bool has_count = false;
    bool with_values = false;

    bool repeats() const noexcept { return count < 0; }
    // How many elements are answered from a container of that size.
    std::size_t result_count(std::size_t size) const noexcept;
};

// `word` is the lower-case word that asks for values; empty where there is none. Errors: not an integer, out of range,
// "ERR syntax error".
bool parse_random_request(Args args, std::string_view word, RandomRequest& request, Reply& reply,
                          Session& session);

// Chooses `wanted` of `size` elements, each set of them equally likely, in one pass over all of them.
class DistinctChoice {
  public:
    DistinctChoice(std::size_t size, std::size_t wanted) noexcept : left_(size), wanted_(wanted) {}
    // Whether the next element is one of them.
    bool take_next() noexcept {
        if (wanted_ == 0 || left_ == 0) return false;
        const bool taken = wanted_ >= left_ || random_below(left_) < wanted_;
        --left_;
        wanted_ -= taken ? 1 : 0;
        return taken;
    }
    bool done() const noexcept { return wanted_ == 0; }

  private:
    std::size_t left_;
    std::size_t wanted_;
};

}  // namespace sabil::proxy::resp
