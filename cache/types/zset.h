// Members ordered by (score, member). Encodings: listpack (one compact block, sorted), skiplist (the name Redis gives
// the large form; here a hash index and a counted B+ tree).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cache/base/function_ref.h"
#include "cache/types/element.h"
#include "cache/types/encoding_limits.h"

namespace sabil::cache {

class RankedSet;

// Scores are doubles, infinities included, never NaN.
struct ScoreRange {
    double min = 0;
    double max = 0;
    bool min_exclusive = false;
    bool max_exclusive = false;
};

struct LexBound {
    enum class Kind : std::uint8_t { minimum, inclusive, exclusive, maximum };  // "-", "[x", "(x", "+"
    Kind kind = Kind::minimum;
    std::string_view value;
};

struct LexRange {
    LexBound min;
    LexBound max{LexBound::Kind::maximum, {}};
};

// One word. Ranks are from 0. Views are valid until the next change. Thread-safety: one thread at a time (the slice's
// lock).
class ZSet {
  public:
    enum class Encoding : std::uint8_t { listpack, skiplist };
    enum class Added : std::uint8_t { added, updated, unchanged };
    using Visitor = FunctionRef<bool(ElementView member, double score)>;  // return false to stop
    struct RankRange {
        std::size_t first = 0;  // rank of the first one in ascending order
        std::size_t count = 0;
    };

    ZSet() noexcept = default;
    ZSet(ZSet&& other) noexcept : word_(other.word_) { other.word_ = 0; }
    ZSet& operator=(ZSet&& other) noexcept;
    ~ZSet();

    std::size_t size() const noexcept;
    bool empty() const noexcept { return size() == 0; }
    std::optional<double> score(std::string_view member) const noexcept;
    Added add(std::string_view member, double score, const EncodingLimits& limits);
    bool erase(std::string_view member);
    std::optional<std::size_t> rank(std::string_view member) const noexcept;  // ascending

    // Which ranks a range covers; count 0 where none. Lex ranges suppose equal scores, as Redis does.
    RankRange ranks(const ScoreRange& range) const noexcept;
    RankRange ranks(const LexRange& range) const noexcept;
    // Visits ranks first .. first+count-1 ascending, or the same ones from the highest down. Cut at the end.
    void for_range(RankRange range, Visitor visit) const;
    void for_range_reverse(RankRange range, Visitor visit) const;
    void for_each(Visitor visit) const { for_range({0, size()}, visit); }
    // Removes these ranks; cut at the end.
    void erase_range(RankRange range);
    std::uint64_t scan(std::uint64_t cursor, std::size_t count, FunctionRef<void(ElementView, double)> visit) const;
    // A member chosen by `random` (any 64 bits), uniformly. Requires !empty().
    void random(std::uint64_t random, FunctionRef<void(ElementView, double)> visit) const;

    Encoding encoding() const noexcept;
    std::string_view encoding_name() const noexcept;
    std::size_t heap_bytes() const noexcept;
    // Moves blocks out of sparse slabs (heap.h), some of them where it is large; returns how many.
    std::size_t defragment();
    ZSet clone() const;

  private:
    std::uintptr_t word_ = 0;  // 0: empty; else a pointer, tagged in bit 0: 0 packed block, 1 RankedSet
};

}  // namespace sabil::cache
