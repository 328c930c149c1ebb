#include "cache/store/database.h"
#include "cache/store/keyspace_internals.h"
#include "cache/store/slice_residents.h"

namespace sabil::cache {
namespace {

using Reason = KeyspaceObserver::Removal;

std::uint32_t fresh_access(const Keyspace& keyspace) noexcept {
    return new_access(access_rules(keyspace.tunables()), keyspace.now());
}

EntryBuilder::Extras extras_for(const Keyspace& keyspace, std::optional<WallTime> expiry) {
    return {expiry, nullptr, fresh_access(keyspace)};
}

Located locate(Keyspace& keyspace, unsigned database, const KeyRef& key) {
    auto& slice = keyspace.slice_for(key.hash);
    assert(slice.lock.held_by_this_thread());
    auto& table = slice.table(database);
    return {keyspace, slice, table, database, table.find(key)};
}

// Puts an entry where another was, which goes, or where none was.
Entry* put(Located& at, const KeyRef& key, Entry* entry) {
    if (!at.slot) {
        at.table.insert(key, entry);
        return entry;
    }
    auto* gone = at.entry();
    at.table.replace(at.slot, entry);
    if (at.keyspace.tunables().free_in_background && EntryBuilder::frees_slowly(gone)) {
        at.keyspace.internals().lazy_free.free(gone);
    } else {
        EntryBuilder::destroy(gone);
    }
    return entry;
}

// The same for what clients own: a key that was not there is told of. What is being loaded was there before.
Entry* put_owned(Located& at, const KeyRef& key, Entry* entry) {
    const bool is_new = !at.slot || (at.slot.marks() != 0 && ((at.slot.marks() & mark_filled) != 0 || at.expired()));
    auto* stored = put(at, key, entry);
    auto* observer = is_new ? at.keyspace.observer() : nullptr;
    if (observer != nullptr && at.keyspace.tunables().lazy_expiry) {
        observer->event(at.database, EventClass::new_key, "new", key);
    }
    return stored;
}

// For an entry already in its slot: counts follow what `change` makes of it.
template <class Change>
Entry* relay(Located& at, Change change) {
    auto* before = at.entry();
    const bool volatile_before = before->has_expiry();
    auto* after = change(before);
    at.slot.set(after, marks_of(*after));
    if (volatile_before != after->has_expiry()) {
        if (after->has_expiry()) {
            at.table.volatile_keys.add(1);
        } else {
            at.table.volatile_keys.subtract(1);
        }
    }
    if (after->has_expiry()) at.table.note_expiry(*after->expiry());
    return after;
}

bool owned_and_current(const Located& at) noexcept {
    return at.slot && (at.slot.marks() == 0 || ((at.slot.marks() & mark_filled) == 0 && !at.expired()));
}

}  // namespace

Entry* Database::find_for_write(const KeyRef& key) {
    auto at = locate(*keyspace_, index_, key);
    if (!at.slot) return nullptr;
    if (at.slot.marks() != 0) {
        if (at.expired()) {
            at.remove(key, Reason::expired);
            return nullptr;
        }
        if ((at.slot.marks() & mark_filled) != 0) {
            at.remove(key, Reason::dropped_fill);
            return nullptr;
        }
    }
    auto* entry = at.entry();
    const auto rules = access_rules(keyspace_->tunables());
    const auto random = counts_frequency(rules.policy) ? static_cast<std::uint32_t>(thread_random()) : 0;
    EntryBuilder::set_access(entry, touched_access(entry->access(), rules, now(), random));
    return entry;
}

Entry* Database::set_string(const KeyRef& key, std::string_view bytes, ExpiryRule rule,
                            std::optional<WallTime> expiry) {
    auto at = locate(*keyspace_, index_, key);
    if (owned_and_current(at)) {
        auto* entry = at.entry();
        if (rule == ExpiryRule::keep && !expiry) expiry = entry->expiry();
        const bool same_shape = expiry.has_value() == entry->has_expiry();
        if (same_shape && !parse_integer(bytes) && EntryBuilder::overwrite_string(entry, bytes)) {
            if (expiry) relay(at, [&](Entry* e) { return EntryBuilder::with_expiry(e, expiry); });
            EntryBuilder::set_access(at.entry(), fresh_access(*keyspace_));
            return at.entry();
        }
    }
    return put_owned(at, key, EntryBuilder::make_string(key.key, bytes, extras_for(*keyspace_, expiry)));
}

Entry* Database::set_integer(const KeyRef& key, std::int64_t value, ExpiryRule rule) {
    auto at = locate(*keyspace_, index_, key);
    std::optional<WallTime> expiry;
    if (rule == ExpiryRule::keep && owned_and_current(at)) {
        if (auto* integer = at.entry()->integer()) {
            *integer = value;
            return at.entry();
        }
        expiry = at.entry()->expiry();
    }
    return put_owned(at, key, EntryBuilder::make_integer(key.key, value, extras_for(*keyspace_, expiry)));
}

std::optional<std::size_t> Database::append(const KeyRef& key, std::string_view bytes) {
    auto string = edit_string(key, false);
    if (string.wrong_type) return std::nullopt;
    if (!string) {
        set_string(key, bytes);
        return bytes.size();
    }
    string->append(bytes);
    return string->size();
}

// The key is looked up once: it may expire between two looks.
Lookup<String> Database::edit_string(const KeyRef& key, bool create) {
    auto* entry = find_for_write(key);
    if (entry != nullptr && entry->type() != ValueType::string) return {nullptr, true};
    if (entry == nullptr) {
        if (!create) return {};
        set_string(key, {});
    }
    auto at = locate(*keyspace_, index_, key);
    return {relay(at, EntryBuilder::with_editable_string)->get<String>(), false};
}

Entry* Database::replace(const KeyRef& key, Value value, std::optional<WallTime> expiry) {
    auto at = locate(*keyspace_, index_, key);
    return put_owned(at, key, EntryBuilder::make(key.key, std::move(value), extras_for(*keyspace_, expiry)));
}

Entry* Database::insert(const KeyRef& key, Value value, std::optional<WallTime> expiry) {
    auto at = locate(*keyspace_, index_, key);
    return put_owned(at, key, EntryBuilder::make(key.key, std::move(value), extras_for(*keyspace_, expiry)));
}

bool Database::erase(const KeyRef& key, bool background) {
    const auto there = presence(key);
    auto at = locate(*keyspace_, index_, key);
    if (!at.slot) return false;
    const bool visible = there == Presence::present;
    at.remove(key, std::nullopt, background);
    return visible;
}

std::optional<Database::Taken> Database::take(const KeyRef& key) {
    auto* entry = find_for_write(key);
    if (entry == nullptr) return std::nullopt;
    auto at = locate(*keyspace_, index_, key);
    Taken taken{Value(), entry->expiry()};
    at.table.remove(key, at.slot);
    taken.value = EntryBuilder::take_value(entry);
    EntryBuilder::destroy(entry);
    return taken;
}

bool Database::set_expiry(const KeyRef& key, WallTime when) {
    if (find_for_write(key) == nullptr) return false;
    auto at = locate(*keyspace_, index_, key);
    relay(at, [&](Entry* entry) { return EntryBuilder::with_expiry(entry, when); });
    return true;
}

bool Database::persist(const KeyRef& key) {
    auto* entry = find_for_write(key);
    if (entry == nullptr || !entry->has_expiry()) return false;
    auto at = locate(*keyspace_, index_, key);
    relay(at, [](Entry* e) { return EntryBuilder::with_expiry(e, std::nullopt); });
    return true;
}

void Database::note_field_expiry(const KeyRef& key, WallTime when) {
    auto at = locate(*keyspace_, index_, key);
    if (!at.slot) return;
    at.slot.set(at.entry(), marks_of(*at.entry()));
    at.table.note_expiry(when);
}

Filled Database::fill(const KeyRef& key, Value value, std::unique_ptr<const Provenance> provenance,
                      std::optional<WallTime> expiry) {
    assert(provenance != nullptr);
    auto at = locate(*keyspace_, index_, key);
    if (at.slot && (at.slot.marks() & mark_filled) == 0) {
        if (!at.expired()) return Filled::owned_key_exists;
        at.remove(key, Reason::expired);
    }
    auto& fifo = at.slice.fifo();
    if (fifo.wants_compaction(at.slice.filled_entries())) {
        SliceResidents residents(at.slice);
        fifo.compact(residents);
    }
    auto* entry = EntryBuilder::make(key.key, std::move(value), {expiry, std::move(provenance), 0});
    EntryBuilder::set_access(entry, fifo.admit(key.hash, index_, entry->memory_bytes()));
    put(at, key, entry);
    return Filled::stored;
}

void Database::changed(const KeyRef& key) {
    auto& slice = keyspace_->slice_for(key.hash);
    assert(slice.lock.held_by_this_thread());
    slice.changes.add(1);
    if (auto* observer = keyspace_->observer()) observer->modified(index_, key);
}

void Database::changed(const KeyRef& key, EventClass event_class, std::string_view event) {
    changed(key);
    notify(key, event_class, event);
}

void Database::notify(const KeyRef& key, EventClass event_class, std::string_view event) {
    if (auto* observer = keyspace_->observer()) observer->event(index_, event_class, event, key);
}

void Database::set_idle(const KeyRef& key, std::chrono::seconds idle) {
    auto at = locate(*keyspace_, index_, key);
    if (owned_and_current(at) && !counts_frequency(keyspace_->tunables().maxmemory_policy)) {
        EntryBuilder::set_access(at.entry(), access_of_idle(idle, now()));
    }
}

void Database::set_frequency(const KeyRef& key, unsigned frequency) {
    auto at = locate(*keyspace_, index_, key);
    if (owned_and_current(at) && counts_frequency(keyspace_->tunables().maxmemory_policy)) {
        EntryBuilder::set_access(at.entry(), access_of_frequency(frequency, now()));
    }
}

}  // namespace sabil::cache
