// Records of the append-only file on their way from the workers to the one thread that writes them. Each worker appends
// to a shard of its own, so that workers do not wait for each other; a record's number is taken while the slices of its
// keys are held, and the records are put in the order of their numbers again before they are written.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "proxy/resp/command_log.h"

namespace sabil::proxy::persistence {

// Thread-safety: append: any thread, with the slices of the written keys held; take: one thread.
class LogShards {
  public:
    static constexpr std::size_t shards_count = 64;
    static constexpr std::size_t shard_bytes_max = 8 << 20;  // above it writes are to be held for a moment

    void append(unsigned database, resp::Args args);
    void append_unit(std::span<const resp::CommandLog::Write> writes);
    // Records so far; also the number of the next one.
    std::uint64_t appended() const noexcept { return next_.load(std::memory_order_seq_cst); }
    // Where a new file is to begin: here. Stays until it is cleared. cut() needs every slice.
    static constexpr std::uint64_t no_cut = UINT64_MAX;
    std::uint64_t cut() noexcept {
        const auto number = appended();
        cut_.store(number, std::memory_order_relaxed);
        return number;
    }
    void clear_cut() noexcept { cut_.store(no_cut, std::memory_order_relaxed); }
    bool crowded() const noexcept { return crowded_.load(std::memory_order_relaxed); }

    // Moves all records to the ends of two texts: those before the cut, and the others. Each text goes on in
    // the database that was selected last in it. Returns the number of the next record.
    struct Text {
        std::string bytes;
        unsigned database = no_database;  // that the records after it are in, where nothing is said
    };
    static constexpr unsigned no_database = ~0U;
    // annotate: lines with the time, one for each second.
    std::uint64_t take(bool annotate, Text& before, Text& after);

  private:
    // Records with numbers one after the other, in one shard and one database.
    struct Run {
        std::uint64_t first = 0;
        std::uint64_t count = 0;
        std::size_t bytes = 0;
        unsigned database = 0;
        unsigned database_after = 0;
    };
    struct alignas(64) Shard {
        std::mutex mutex;
        std::string bytes;
        std::vector<Run> runs;
    };
    // One shard's content while it is being put in order.
    struct Taken {
        std::string bytes;
        std::vector<Run> runs;
    };
    struct Piece {
        const Run* run;
        const char* bytes;
    };

    Shard& mine() noexcept;
    template <class Write>
    void add(unsigned database, unsigned database_after, const Write& write);
    void write_piece(const Piece& piece, bool annotate, Text& to);

    std::array<Shard, shards_count> shards_;
    alignas(64) std::atomic<std::uint64_t> next_{0};
    std::atomic<std::uint64_t> cut_{no_cut};  // no run lies across it
    std::atomic<bool> crowded_{false};
    std::array<Taken, shards_count> taken_;
    std::vector<Piece> pieces_;
    std::int64_t annotated_seconds_ = 0;
};

}  // namespace sabil::proxy::persistence
