// The locks of exactly one command's slices, taken in ascending order and released together.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "cache/store/key.h"

namespace sabil::cache {

class Keyspace;

// Not copyable, movable. A thread holds at most one LockSet at a time. Thread-safety: one thread.
class LockSet {
  public:
    LockSet() noexcept = default;
    LockSet(Keyspace& keyspace, const KeyRef& key);
    LockSet(Keyspace& keyspace, std::span<const KeyRef> keys);  // repeated keys and slices are fine
    static LockSet all(Keyspace& keyspace);
    LockSet(LockSet&& other) noexcept;
    LockSet& operator=(LockSet&& other) noexcept;
    ~LockSet() { unlock(); }

    void unlock() noexcept;
    bool holds_all() const noexcept { return mode_ == Mode::all; }

  private:
    static constexpr std::size_t few_count = 14;
    enum class Mode : std::uint8_t { none, few, many, all };

    Keyspace* keyspace_ = nullptr;
    Mode mode_ = Mode::none;
    std::uint8_t count_ = 0;
    std::array<std::uint16_t, few_count> few_{};
    std::vector<std::uint16_t> many_;
};

}  // namespace sabil::cache
