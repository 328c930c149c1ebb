#include "cache/store/keyspace_internals.h"

namespace sabil::cache {
namespace {

using Reason = KeyspaceObserver::Removal;

void count(Keyspace::Internals& internals, Reason why, bool filled) noexcept {
    auto& evicted = filled ? internals.evicted_filled : internals.evicted_owned;
    auto& counter = why == Reason::expired   ? internals.expired
                    : why == Reason::evicted ? evicted
                                             : internals.dropped_filled;
    counter.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

// A named event for what clients own; filled entries come and go unannounced.
void Located::tell(KeyspaceObserver& observer, const KeyRef& key, KeyspaceObserver::Removal why) const {
    if (why == Reason::expired) observer.event(database, EventClass::expired, "expired", key);
    if (why == Reason::evicted) observer.event(database, EventClass::evicted, "evicted", key);
    observer.removed(database, key, why);
}

bool Located::expired() const noexcept {
    if ((slot.marks() & mark_expiry) == 0) return false;
    const auto at = entry()->expiry();
    return at && *at <= keyspace.expiry_now();
}

void Located::remove(const KeyRef& key, std::optional<KeyspaceObserver::Removal> why, bool background) {
    auto& internals = keyspace.internals();
    auto* gone = entry();
    table.remove(key, slot);
    slot = {};
    if (why) {
        count(internals, *why, gone->filled());
        if (auto* observer = keyspace.observer(); observer != nullptr && database != keyspace.internal_database()) {
            tell(*observer, key, gone->filled() ? Reason::dropped_fill : *why);
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
