#include "proxy/persistence/log_shards.h"

#include <algorithm>
#include <chrono>

#include "cache/persist/aof_record.h"

namespace sabil::proxy::persistence {
namespace {

std::atomic<unsigned> threads{0};
constexpr std::size_t keep_bytes = 1 << 20;

void select(std::string& out, unsigned database) {
    cache::append_aof_record(out, {"SELECT", std::to_string(database)});
}

}  // namespace

LogShards::Shard& LogShards::mine() noexcept {
    thread_local const unsigned number = threads.fetch_add(1, std::memory_order_relaxed) % shards_count;
    return shards_[number];
}

template <class Write>
void LogShards::add(unsigned database, unsigned database_after, const Write& write) {
    auto& shard = mine();
    std::lock_guard lock(shard.mutex);
    const auto before = shard.bytes.size();
    write(shard.bytes);
    const auto bytes = shard.bytes.size() - before;
    const auto number = next_.fetch_add(1, std::memory_order_seq_cst);
    if (shard.bytes.size() > shard_bytes_max) crowded_.store(true, std::memory_order_relaxed);
    if (!shard.runs.empty()) {
        auto& last = shard.runs.back();
        const bool follows = last.first + last.count == number && number != cut_.load(std::memory_order_relaxed);
        if (follows && last.database_after == database && database_after == database) {
            ++last.count;
            last.bytes += bytes;
            return;
        }
    }
    shard.runs.push_back({number, 1, bytes, database, database_after});
}

void LogShards::append(unsigned database, resp::Args args) {
    add(database, database, [&](std::string& out) { cache::append_aof_record(out, args); });
}

void LogShards::append_unit(std::span<const resp::CommandLog::Write> writes) {
    if (writes.empty()) return;
    add(writes.front().database, writes.back().database, [&](std::string& out) {
        const bool several = writes.size() > 1;
        if (several) cache::append_aof_record(out, {"MULTI"});
        unsigned database = writes.front().database;
        std::vector<std::string_view> args;
        for (const auto& write : writes) {
            if (write.database != database) select(out, write.database);
            database = write.database;
            args.assign(write.args.begin(), write.args.end());
            cache::append_aof_record(out, args);
        }
        if (several) cache::append_aof_record(out, {"EXEC"});
    });
}

void LogShards::write_piece(const Piece& piece, bool annotate, Text& to) {
    if (annotate) {
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
        const bool begins = to.database == no_database;  // a file
        if (seconds != annotated_seconds_ || begins) cache::append_aof_timestamp(to.bytes, seconds);
        annotated_seconds_ = seconds;
    }
    if (piece.run->database != to.database) select(to.bytes, piece.run->database);
    to.database = piece.run->database_after;
    to.bytes.append(piece.bytes, piece.run->bytes);
}

std::uint64_t LogShards::take(bool annotate, Text& before, Text& after) {
    for (auto& shard : shards_) shard.mutex.lock();
    for (std::size_t i = 0; i < shards_count; ++i) {
        taken_[i].bytes.swap(shards_[i].bytes);
        taken_[i].runs.swap(shards_[i].runs);
    }
    const auto next = next_.load(std::memory_order_seq_cst);
    // Whoever appended past a cut has seen it made.
    const auto cut = cut_.load(std::memory_order_relaxed);
    crowded_.store(false, std::memory_order_relaxed);
    for (auto& shard : shards_) shard.mutex.unlock();

    pieces_.clear();
    for (const auto& taken : taken_) {
        const char* bytes = taken.bytes.data();
        for (const auto& run : taken.runs) {
            pieces_.push_back({&run, bytes});
            bytes += run.bytes;
        }
    }
    std::sort(pieces_.begin(), pieces_.end(),
              [](const Piece& one, const Piece& other) { return one.run->first < other.run->first; });
    for (const auto& piece : pieces_) write_piece(piece, annotate, piece.run->first < cut ? before : after);
    for (auto& taken : taken_) {
        taken.runs.clear();
        taken.bytes.clear();
        if (taken.bytes.capacity() > keep_bytes) taken.bytes.shrink_to_fit();
    }
    return next;
}

}  // namespace sabil::proxy::persistence
