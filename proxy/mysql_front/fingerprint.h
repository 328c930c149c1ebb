// What a session contributes to the cache key, interned: equal ids stand for equal bytes, never the other way round.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cache/base/hash.h"

namespace sabil::proxy::mysql_front {

// 0: none, do not cache.
using FingerprintId = std::uint32_t;

// Thread-safety: any thread; takes a lock, so ask once per change of a session's state, not per statement.
class Fingerprints {
  public:
    // The id of these bytes. When fingerprints_count_max are known, all are forgotten: ids are never given twice, so
    // that entries under old ones are merely not found any more.
    FingerprintId intern(std::string_view bytes);

    // An id that stands for no bytes, and is given once. 0 where too many are in use.
    FingerprintId unshared();

    std::vector<std::pair<std::string, FingerprintId>> all() const;

    static constexpr std::size_t fingerprints_count_max = 65536;
    static constexpr FingerprintId unshared_below = FingerprintId{1} << 31;  // what is left is for intern()
    static constexpr std::size_t fingerprint_bytes_max = 8192;  // longer ones get 0

  private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view bytes) const noexcept { return hash_bytes(bytes); }
    };
    mutable std::mutex mutex_;
    std::unordered_map<std::string, FingerprintId, Hash, std::equal_to<>> ids_;
    FingerprintId last_ = 0;
};

}  // namespace sabil::proxy::mysql_front
