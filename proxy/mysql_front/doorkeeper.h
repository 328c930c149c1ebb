// Which statements were asked for before: where memory is short, one seen for the first time gets none.
#pragma once

#include <bitset>
#include <cstdint>
#include <utility>

namespace sabil::proxy::mysql_front {

// Two generations of marks by hash: it may take a statement for another (about 1 in 16 when full), and forgets what was
// not asked for while marks_count_max others were. Thread-safety: one worker's own.
class Doorkeeper {
  public:
    // Marks it; true where it was marked before.
    bool seen_before(std::uint64_t hash) {
        const auto bit = hash % bits_count;
        const bool seen = young_[bit] || old_[bit];
        if (!young_[bit]) {
            if (marks_count_ == marks_count_max) {
                std::swap(young_, old_);
                young_.reset();
                marks_count_ = 0;
            }
            young_.set(bit);
            ++marks_count_;
        }
        return seen;
    }

    static constexpr std::size_t bits_count = 1U << 18;
    static constexpr std::size_t marks_count_max = 1U << 13;

  private:
    std::bitset<bits_count> young_;
    std::bitset<bits_count> old_;
    std::size_t marks_count_ = 0;
};

}  // namespace sabil::proxy::mysql_front
