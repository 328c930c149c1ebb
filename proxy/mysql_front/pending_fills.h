// Results read on connections that are younger than the newest probe: whether such a connection met the server that is
// followed, or one restarted meanwhile, is known once a probe sent after it was made has come back. Until then they wait
// here, and are stored, or dropped, by the worker's timer.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/base/clock.h"
#include "proxy/mysql_front/result_cache.h"

namespace sabil::proxy::mysql_front {

struct PendingFill {
    std::string key;
    cache::BlobRef result;
    std::unique_ptr<ResultProvenance> provenance;
    std::optional<std::chrono::milliseconds> ttl;
    SteadyTime connected;  // when the connection it came over was made
    SteadyTime read;
};

// Thread-safety: one worker's own.
class PendingFills {
  public:
    // Called for each that is through: stored or not.
    using Done = std::function<void(bool stored)>;

    explicit PendingFills(Done done) : done_(std::move(done)) {}
    // Past fills_count_max or bytes_max it is dropped.
    void add(PendingFill fill);
    // Stores those whose connection is confirmed and which are still right; drops those that wait for too long.
    void settle(const Coherence& coherence, ResultCache& results, SteadyTime now);
    bool empty() const noexcept { return fills_.empty(); }

    static constexpr std::size_t fills_count_max = 1024;
    static constexpr std::size_t bytes_max = 8U << 20;
    static constexpr std::chrono::milliseconds wait_limit{3000};

  private:
    Done done_;
    std::vector<PendingFill> fills_;
    std::size_t bytes_ = 0;
};

}  // namespace sabil::proxy::mysql_front
