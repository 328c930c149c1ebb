// At which size a container leaves its compact encoding: Redis' parameters under their own names.
#pragma once

#include <atomic>
#include <cstdint>

namespace sabil::cache {

// A number that CONFIG SET may change while workers read it. Thread-safety: any thread, relaxed.
template <class T>
class Tunable {
  public:
    explicit constexpr Tunable(T value) noexcept : value_(value) {}
    Tunable(const Tunable& other) noexcept : value_(static_cast<T>(other)) {}
    Tunable& operator=(const Tunable& other) noexcept { return *this = static_cast<T>(other); }
    Tunable& operator=(T value) noexcept {
        value_.store(value, std::memory_order_relaxed);
        return *this;
    }
    operator T() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    std::atomic<T> value_;
};

struct EncodingLimits {
    Tunable<std::uint32_t> hash_max_listpack_entries{128};
    Tunable<std::uint32_t> hash_max_listpack_value{64};  // bytes
    Tunable<std::uint32_t> set_max_intset_entries{512};
    Tunable<std::uint32_t> set_max_listpack_entries{128};
    Tunable<std::uint32_t> set_max_listpack_value{64};  // bytes
    Tunable<std::uint32_t> zset_max_listpack_entries{128};
    Tunable<std::uint32_t> zset_max_listpack_value{64};   // bytes
    Tunable<std::int32_t> list_max_listpack_size{-2};     // > 0: elements; -1..-5: 4, 8, 16, 32, 64 KiB
    Tunable<std::uint32_t> stream_node_max_bytes{4096};   // 0: no limit
    Tunable<std::uint32_t> stream_node_max_entries{100};  // 0: no limit
    Tunable<std::uint32_t> hll_sparse_max_bytes{3000};
};

}  // namespace sabil::cache
