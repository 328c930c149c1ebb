#include "cache/store/keyspace_internals.h"

namespace sabil::cache {

bool Located::expired() const noexcept {
    if ((slot.marks() & mark_expiry) == 0) return false;
    const auto at = entry()->expiry();
    return at && *at <= keyspace.now();
}

void Located::remove(const KeyRef& key, std::optional<KeyspaceObserver::Removal> why, bool background) {
    auto& internals = keyspace.internals();
    auto* gone = entry();
    table.remove(key, slot);
    slot = {};
    if (why) {
        auto& counter = *why == KeyspaceObserver::Removal::expired        ? internals.expired
                        : *why == KeyspaceObserver::Removal::dropped_fill ? internals.dropped_filled
                        : gone->filled()                                  ? internals.evicted_filled
                                                                          : internals.evicted_owned;
        counter.fetch_add(1, std::memory_order_relaxed);
        if (auto* observer = keyspace.observer(); observer != nullptr && database != keyspace.internal_database()) {
            observer->removed(database, key, *why);
        }
    }
    // The caller's key may be the entry's own: free last.
    if (background && keyspace.tunables().free_in_background && EntryBuilder::frees_slowly(gone)) {
        internals.lazy_free.free(gone);
    } else {
        EntryBuilder::destroy(gone);
    }
}

}  // namespace sabil::cache
