#include "proxy/readthrough/stale_copies.h"

#include "cache/store/database.h"
#include "cache/store/lock_set.h"
#include "proxy/readthrough/value_text.h"

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
