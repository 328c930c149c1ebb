#include "proxy/mysql_front/result_cache.h"

#include <time.h>

#include <cstring>
#include <limits>

#include "cache/base/bytes.h"
#include "cache/store/database.h"
#include "cache/store/lock_set.h"
#include "invalidation/sql/statement.h"
#include "proxy/mysql_front/stored_result.h"

namespace sabil::proxy::mysql_front {
namespace {

void append_u32(std::string& out, std::uint32_t value) {
    char raw[4];
    std::memcpy(raw, &value, sizeof(raw));
    out.append(raw, sizeof(raw));
}

// Steady, good to about 4 ms.
std::int64_t coarse_milliseconds() noexcept {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

// True for one reader, shortly before the end.
bool ends_soon(const cache::Entry& entry, const cache::Blob& result, WallTime now) noexcept {
    const auto expiry = entry.expiry();
    if (!expiry || result.metadata().size() != sizeof(StoredResultHead)) return false;
    const std::chrono::microseconds cost{head_of(result).saved_us};
    if (*expiry - now >= early_refresh_costs_max * cost) return false;
    const auto* provenance = dynamic_cast<const ResultProvenance*>(entry.provenance());
    return provenance != nullptr && provenance->early().wanted(*expiry - now, cost);
}

}  // namespace

StandIn::StandIn(std::chrono::milliseconds window, std::optional<std::chrono::milliseconds> ttl) noexcept
    : window_(window),
      ends_(ttl ? coarse_milliseconds() + ttl->count() : std::numeric_limits<std::int64_t>::max()),
      last_current_(coarse_milliseconds()) {}

bool StandIn::ended() const noexcept { return coarse_milliseconds() >= ends_; }

void StandIn::shown() const noexcept { last_current_.store(coarse_milliseconds(), std::memory_order_relaxed); }

bool StandIn::within_window() const noexcept {
    return coarse_milliseconds() - last_current_.load(std::memory_order_relaxed) <= window_.count();
}

static_assert(sizeof(ResultProvenance) == 48, "one for every result");
static_assert(sizeof(invalidation::Dependency) % alignof(invalidation::Dependency) == 0 &&
              alignof(invalidation::Dependency) <= alignof(ResultProvenance));

std::unique_ptr<ResultProvenance> ResultProvenance::make(const Coherence& coherence,
                                                         std::span<const invalidation::Dependency> dependencies,
                                                         invalidation::Floor floor, Mark statement, Mark tag,
                                                         std::unique_ptr<const StandIn> stand_in) {
    if (dependencies.size() > dependencies_count_max) return nullptr;
    std::unique_ptr<Extras> extras;
    if (tag.cell != nullptr || stand_in) extras = std::make_unique<Extras>(Extras{tag, std::move(stand_in)});
    auto* block = ::operator new(sizeof(ResultProvenance) + (extras ? sizeof(Extras*) : 0) + dependencies.size_bytes());
    return std::unique_ptr<ResultProvenance>(
        ::new (block) ResultProvenance(coherence, dependencies, floor, statement, std::move(extras)));
}

ResultProvenance::ResultProvenance(const Coherence& coherence, std::span<const invalidation::Dependency> dependencies,
                                   invalidation::Floor floor, Mark statement, std::unique_ptr<Extras> extras) noexcept
    : coherence_(coherence),
      statement_cell_(statement.cell),
      floor_(floor),
      statement_value_(statement.value),
      dependencies_count_(static_cast<std::uint16_t>(dependencies.size() & dependencies_count_max)),
      has_extras_(extras != nullptr) {
    auto* at = reinterpret_cast<char*>(this + 1);
    if (extras) {
        ::new (at) Extras*(extras.release());
        at += sizeof(Extras*);
    }
    for (const auto& dependency : dependencies) {
        ::new (at) invalidation::Dependency(dependency);
        at += sizeof dependency;
    }
}

ResultProvenance::~ResultProvenance() { delete extras(); }

std::size_t ResultProvenance::heap_bytes() const noexcept {
    const auto own = sizeof(*this) + dependencies().size_bytes();
    return own + (has_extras_ ? sizeof(Extras*) + sizeof(Extras) + (stand_in() != nullptr ? sizeof(StandIn) : 0) : 0);
}

std::string_view text_in_key(std::string_view text) noexcept {
    const auto bare = invalidation::sql::key_text(text);
    return bare.size() != text.size() && text.find("sabil:") != std::string_view::npos ? text : bare;
}

void append_text_key(std::string& out, FingerprintId session, std::string_view text) {
    out.push_back('Q');
    append_u32(out, session);
    out.append(text);
}

void append_execute_key(std::string& out, FingerprintId session, FingerprintId prepared, std::string_view text,
                        std::string_view types, const ExecuteView& execute) {
    out.push_back('X');
    append_u32(out, session);
    append_u32(out, prepared);
    append_u32(out, static_cast<std::uint32_t>(text.size()));
    out.append(text);
    out.append(types);
    out.append(execute.null_bitmap);
    out.append(execute.values);
}

void append_found_rows_key(std::string& out, FingerprintId session, std::string_view text, std::string_view counted_key) {
    out.push_back('F');
    append_u32(out, session);
    append_u32(out, static_cast<std::uint32_t>(text.size()));
    out.append(text);
    out.append(counted_key);
}

bool rename_sessions(std::string_view key, const std::unordered_map<FingerprintId, FingerprintId>& ids,
                     std::string& out) {
    ByteReader in(key);
    const auto kind = static_cast<char>(in.u8());
    if (kind != 'Q' && kind != 'X' && kind != 'F') return false;
    out.push_back(kind);
    for (int left = kind == 'X' ? 2 : 1; left > 0; --left) {
        const auto known = ids.find(in.u32());
        if (!in.ok() || known == ids.end()) return false;
        append_u32(out, known->second);
    }
    if (kind != 'F') {
        out.append(in.rest());
        return true;
    }
    const auto text = in.take(in.u32());
    append_u32(out, static_cast<std::uint32_t>(text.size()));
    out.append(text);
    return in.ok() && in.peek_u8() == 'Q' && rename_sessions(in.rest(), ids, out);
}

bool ResultCache::under_pressure() const noexcept {
    const std::uint64_t budget = keyspace_.tunables().maxmemory_bytes;
    return budget != 0 && keyspace_.memory_bytes() > budget - budget / 8;
}

ResultCache::Found ResultCache::find(std::string_view key, Early early) {
    const cache::KeyRef ref(key);
    cache::Database database(keyspace_, keyspace_.internal_database());
    const cache::LockSet lock(keyspace_, ref);
    const auto* entry = database.find(ref);
    if (const auto* result = entry != nullptr ? entry->get<cache::BlobRef>() : nullptr) {
        if (early == Early::may && ends_soon(*entry, **result, database.expiry_now())) return {{}, false, true, {}};
        return {*result, false, false, {}};
    }
    const auto* stale = dynamic_cast<const ResultProvenance*>(database.provenance(ref));
    return {{}, stale != nullptr, false, stale != nullptr ? stale->died_read() : std::nullopt};
}

std::optional<bool> ResultCache::died_read(std::string_view key) {
    const cache::KeyRef ref(key);
    cache::Database database(keyspace_, keyspace_.internal_database());
    const cache::LockSet lock(keyspace_, ref);
    const auto* provenance = dynamic_cast<const ResultProvenance*>(database.provenance(ref));
    return provenance != nullptr ? provenance->died_read() : std::nullopt;
}

cache::BlobRef ResultCache::find_stand_in(std::string_view key) {
    const cache::KeyRef ref(key);
    cache::Database database(keyspace_, keyspace_.internal_database());
    const cache::LockSet lock(keyspace_, ref);
    const auto* provenance = dynamic_cast<const ResultProvenance*>(database.provenance(ref));
    if (provenance == nullptr || !provenance->stands_in()) return {};
    const auto* entry = database.peek(ref);
    const auto* result = entry != nullptr ? entry->get<cache::BlobRef>() : nullptr;
    return result != nullptr ? *result : cache::BlobRef{};
}

ResultCache::Proven ResultCache::find_proven(std::string_view key) {
    const cache::KeyRef ref(key);
    cache::Database database(keyspace_, keyspace_.internal_database());
    const cache::LockSet lock(keyspace_, ref);
    const auto* provenance = dynamic_cast<const ResultProvenance*>(database.provenance(ref));
    if (provenance == nullptr) return {};
    const auto depends_on = provenance->dependencies();
    invalidation::Dependencies dependencies(depends_on.begin(), depends_on.end());
    const auto floor = provenance->floor();
    auto found = database.find<cache::BlobRef>(ref);
    if (!found) return {};
    return {*found, std::move(dependencies), floor};
}

ResultCache::Outcome ResultCache::store(std::string_view key, cache::BlobRef result,
                                        std::unique_ptr<ResultProvenance> provenance,
                                        std::optional<std::chrono::milliseconds> ttl) {
    if (keyspace_.over_budget() && !keyspace_.evict_until_within_budget()) return Outcome::no_room;
    const cache::KeyRef ref(key);
    cache::Database database(keyspace_, keyspace_.internal_database());
    std::optional<WallTime> expiry;
    if (ttl) expiry = keyspace_.now() + *ttl + provenance->outlives_ttl_by();
    const cache::LockSet lock(keyspace_, ref);
    // Rule 1: never replace an entry that was read above a higher floor.
    if (const auto* present = dynamic_cast<const ResultProvenance*>(database.provenance(ref))) {
        const auto old_floor = present->floor();
        const auto new_floor = provenance->floor();
        if (old_floor.epoch == new_floor.epoch && old_floor.n > new_floor.n && present->current()) {
            return Outcome::older_than_present;
        }
    }
    (void)database.fill(ref, cache::Value::blob(std::move(result)), std::move(provenance), expiry);
    return Outcome::stored;
}

}  // namespace sabil::proxy::mysql_front
