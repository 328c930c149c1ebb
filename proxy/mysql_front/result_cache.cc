#include "proxy/mysql_front/result_cache.h"

#include <cstring>

#include "cache/store/database.h"
#include "cache/store/lock_set.h"
#include "invalidation/sql/statement.h"

namespace sabil::proxy::mysql_front {
namespace {

void append_u32(std::string& out, std::uint32_t value) {
    char raw[4];
    std::memcpy(raw, &value, sizeof(raw));
    out.append(raw, sizeof(raw));
}

}  // namespace

std::string_view text_in_key(std::string_view text) noexcept {
    const auto bare = invalidation::sql::key_text(text);
    return bare.size() != text.size() && text.find("sabil:") != std::string_view::npos ? text : bare;
}

void append_text_key(std::string& out, FingerprintId session, std::string_view text) {
    append_u32(out, session);
    out.push_back('Q');
    out.append(text);
}

void append_execute_key(std::string& out, FingerprintId session, FingerprintId prepared, std::string_view text,
                        std::string_view types, const ExecuteView& execute) {
    append_u32(out, session);
    append_u32(out, prepared);
    out.push_back('X');
    append_u32(out, static_cast<std::uint32_t>(text.size()));
    out.append(text);
    out.append(types);
    out.append(execute.null_bitmap);
    out.append(execute.values);
}

void append_found_rows_key(std::string& out, FingerprintId session, std::string_view text, std::string_view counted_key) {
    append_u32(out, session);
    out.push_back('F');
    append_u32(out, static_cast<std::uint32_t>(text.size()));
    out.append(text);
    out.append(counted_key);
}

bool ResultCache::under_pressure() const noexcept {
    const std::uint64_t budget = keyspace_.tunables().maxmemory_bytes;
    return budget != 0 && keyspace_.memory_bytes() > budget - budget / 8;
}

ResultCache::Found ResultCache::find(std::string_view key) {
    const cache::KeyRef ref(key);
    cache::Database database(keyspace_, keyspace_.internal_database());
    const cache::LockSet lock(keyspace_, ref);
    if (auto found = database.find<cache::BlobRef>(ref)) return {*found, false};
    return {{}, database.provenance(ref) != nullptr};
}

ResultCache::Proven ResultCache::find_proven(std::string_view key) {
    const cache::KeyRef ref(key);
    cache::Database database(keyspace_, keyspace_.internal_database());
    const cache::LockSet lock(keyspace_, ref);
    const auto* provenance = dynamic_cast<const ResultProvenance*>(database.provenance(ref));
    if (provenance == nullptr) return {};
    auto dependencies = provenance->filled().dependencies();
    const auto floor = provenance->filled().floor();
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
    if (ttl) expiry = keyspace_.now() + *ttl;
    const cache::LockSet lock(keyspace_, ref);
    // Rule 1: never replace an entry that was read above a higher floor.
    if (const auto* present = dynamic_cast<const ResultProvenance*>(database.provenance(ref))) {
        const auto old_floor = present->filled().floor();
        const auto new_floor = provenance->filled().floor();
        if (old_floor.epoch == new_floor.epoch && old_floor.n > new_floor.n && present->servable()) {
            return Outcome::older_than_present;
        }
    }
    (void)database.fill(ref, cache::Value::blob(std::move(result)), std::move(provenance), expiry);
    return Outcome::stored;
}

}  // namespace sabil::proxy::mysql_front
