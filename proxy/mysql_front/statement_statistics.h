// Per normalised statement of the MySQL port: hits, misses, why it was not cached, and what the cache saved. What SABIL
// QUERIES shows.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cache/base/hash.h"
#include "proxy/mysql_front/analysis.h"

namespace sabil::proxy::mysql_front {

struct StatementFigures {
    std::string text;      // normalised; "(others)" for those past statements_count_max
    std::string digest;    // what SABIL PURGE QUERY takes
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::uint64_t bypassed = 0;
    std::string reason;    // of the last bypass, or why the last answer was not kept; empty: none
    std::uint64_t invalidations = 0;  // entries found stale when asked for
    std::uint64_t bytes = 0;          // stored by fills so far
    double saved_ms = 0;              // backend time of the fills that hits stood in for
};

// Thread-safety: any thread. The count_*() functions neither lock nor allocate; each worker counts in its own column.
class StatementStatistics {
  public:
    explicit StatementStatistics(std::size_t workers_count);
    ~StatementStatistics();

    // Finds or registers; 0 once statements_count_max are known.
    StatementId intern(std::string_view normalized);
    // By id; the first stands for all that have none.
    std::vector<std::string> texts() const;
    // Nothing where no statement has this digest.
    StatementId find_digest(std::string_view digest) const;

    void count_hit(std::size_t worker, StatementId id, std::uint32_t saved_us) noexcept;
    void count_miss(std::size_t worker, StatementId id) noexcept;
    // reason: NUL-terminated, lives as long as the process (ReasonTable gives such).
    void count_bypass(std::size_t worker, StatementId id, std::string_view reason) noexcept;
    void count_stale(std::size_t worker, StatementId id) noexcept;
    void count_fill(std::size_t worker, StatementId id, std::size_t bytes) noexcept;

    // Entries filled under an older generation are not served. Bumped by purge().
    std::uint32_t generation(StatementId id) const noexcept;
    const std::atomic<std::uint32_t>* generation_cell(StatementId id) const noexcept;
    void purge(StatementId id) noexcept;

    std::vector<StatementFigures> collect() const;

    static constexpr std::size_t statements_count_max = 4096;  // at most 32,768

  private:
    struct Cells;
    struct Names;
    std::size_t workers_count_;
    std::unique_ptr<Cells[]> cells_;  // workers x statements
    std::unique_ptr<std::atomic<std::uint32_t>[]> generations_;
    std::unique_ptr<Names> names_;
    Cells& cell(std::size_t worker, StatementId id) const noexcept;
};

}  // namespace sabil::proxy::mysql_front
