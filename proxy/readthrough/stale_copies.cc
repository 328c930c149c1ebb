#include "proxy/readthrough/stale_copies.h"

#include "cache/store/database.h"
#include "cache/store/lock_set.h"

namespace sabil::proxy::readthrough {
namespace {

// No key of the MySQL face begins so.
std::string copy_key(unsigned database, std::string_view key) {
    std::string out("lookup\0", 7);
    out += std::to_string(database);
    out += '\0';
    out += key;
    return out;
}

cache::Value copy_of(const cache::Entry& entry) {
    if (const auto* list = entry.get<cache::List>()) return cache::Value(list->clone());
    if (const auto* set = entry.get<cache::Set>()) return cache::Value(set->clone());
    if (const auto* zset = entry.get<cache::ZSet>()) return cache::Value(zset->clone());
    if (const auto* hash = entry.get<cache::Hash>()) return cache::Value(hash->clone());
    return cache::Value::string(entry.string().str());
}

}  // namespace

void StaleCopies::keep(unsigned database, std::string_view key, cache::Value value,
                       std::unique_ptr<const StaleProvenance> provenance, WallTime until) {
    auto name = copy_key(database, key);
    cache::KeyRef ref(name);
    cache::LockSet lock(keyspace_, ref);
    cache::Database(keyspace_, keyspace_.internal_database()).fill(ref, std::move(value), std::move(provenance), until);
}

std::shared_ptr<const cache::Value> StaleCopies::find(unsigned database, std::string_view key,
                                                      std::chrono::milliseconds window) {
    auto name = copy_key(database, key);
    cache::KeyRef ref(name);
    cache::LockSet lock(keyspace_, ref);
    cache::Database internal(keyspace_, keyspace_.internal_database());
    const auto* entry = internal.find(ref, cache::Touch::no);
    if (entry == nullptr) return nullptr;
    const auto* provenance = dynamic_cast<const StaleProvenance*>(entry->provenance());
    if (provenance == nullptr || provenance->age() > window) return nullptr;
    return std::make_shared<const cache::Value>(copy_of(*entry));
}

}  // namespace sabil::proxy::readthrough
