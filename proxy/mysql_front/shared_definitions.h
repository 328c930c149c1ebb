// Column definitions that many results begin with: kept once for all of them. A point query's definitions are often
// longer than its row, and the same for every key that is asked for.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cache/base/hash.h"
#include "proxy/mysql_front/doorkeeper.h"

namespace sabil::proxy::mysql_front {

// 0: none.
using DefinitionsId = std::uint16_t;

// What was once given an id stays, so that readers need no lock: the limits are the table's size for good. Bytes get an id
// when they are met again, so that statements asked only once do not take up the room.
// Thread-safety: bytes() any thread, without a lock; the others take one.
class SharedDefinitions {
  public:
    SharedDefinitions() = default;
    ~SharedDefinitions();
    SharedDefinitions(const SharedDefinitions&) = delete;
    SharedDefinitions& operator=(const SharedDefinitions&) = delete;

    // 0: met for the first time, too short or too long to be worth it, or no room is left.
    DefinitionsId share(std::string_view bytes);
    // The same for bytes that are known to be met often.
    DefinitionsId share_at_once(std::string_view bytes);
    // Of an id that share() gave; 0: nothing.
    std::string_view bytes(DefinitionsId id) const noexcept {
        const auto* text = texts_[id].load(std::memory_order_acquire);
        return text != nullptr ? std::string_view(*text) : std::string_view{};
    }
    // The number of ids given: 1 to this.
    std::size_t count() const noexcept { return count_.load(std::memory_order_acquire); }

    static constexpr std::size_t definitions_count_max = 8192;
    static constexpr std::size_t bytes_max = std::size_t{4} << 20;  // of all
    static constexpr std::size_t shared_bytes_min = 24;             // of one
    static constexpr std::size_t shared_bytes_max = 32 * 1024;

  private:
    struct Hash {
        std::size_t operator()(std::string_view bytes) const noexcept { return hash_bytes(bytes); }
    };
    DefinitionsId add(std::string_view bytes);

    std::mutex mutex_;
    std::unordered_map<std::string_view, DefinitionsId, Hash> ids_;  // views of the texts
    Doorkeeper doorkeeper_;
    std::size_t used_bytes_ = 0;
    std::atomic<std::size_t> count_{0};
    std::array<std::atomic<const std::string*>, definitions_count_max + 1> texts_{};
};

}  // namespace sabil::proxy::mysql_front
