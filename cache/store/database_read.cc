#include "cache/store/database.h"
#include "cache/store/keyspace_internals.h"
#include "cache/store/proven_scope.h"

namespace sabil::cache {
namespace {

using Reason = KeyspaceObserver::Removal;

// What a marked entry (with an expiry, or filled) is to a read.
enum class Visible : std::uint8_t { yes, no, remembered_absent };

// Will what is found be shown, or is it only looked at?
enum class Asks : std::uint8_t { reads, looks };

// Removes what can never be shown again.
Visible visibility(Located& at, const KeyRef& key, Asks asks) {
    if (at.expired()) {
        at.remove(key, Reason::expired);
        return Visible::no;
    }
    if ((at.slot.marks() & mark_filled) == 0) return Visible::yes;
    const auto* provenance = at.entry()->provenance();
    const bool servable = asks == Asks::reads ? provenance->servable() : provenance->valid();
    if (!servable && !ProvenScope::holds(provenance)) {
        // It may become servable again when the backend has caught up, so it stays until eviction or another fill.
        return Visible::no;
    }
    return at.entry()->type() == ValueType::absent ? Visible::remembered_absent : Visible::yes;
}

void touch_entry(const Located& at) noexcept {
    auto* entry = at.entry();
    const auto access = entry->access();
    if ((at.slot.marks() & mark_filled) != 0) {
        const auto uses = access >> 22;
        if (uses < S3Fifo::most_uses) EntryBuilder::set_access(entry, access + (1U << 22));
        return;
    }
    const auto rules = access_rules(at.keyspace.tunables());
    const auto random = counts_frequency(rules.policy) ? static_cast<std::uint32_t>(thread_random()) : 0;
    const auto touched = touched_access(access, rules, at.keyspace.now(), random);
    if (touched != access) EntryBuilder::set_access(entry, touched);
}

}  // namespace

Entry* Database::find(const KeyRef& key, Touch touch) {
    auto& slice = keyspace_->slice_for(key.hash);
    assert(slice.lock.held_by_this_thread());
    if (auto* table = slice.table_if(index_)) {
        Located at{*keyspace_, slice, *table, index_, table->find(key)};
        if (at.slot && (at.slot.marks() == 0 || visibility(at, key, Asks::reads) == Visible::yes)) {
            if (index_ != keyspace_->internal_database()) slice.hits.add(1);
            if (touch == Touch::yes && Keyspace::thread_touches()) touch_entry(at);
            return at.entry();
        }
    }
    if (index_ != keyspace_->internal_database()) {
        slice.misses.add(1);
        if (auto* observer = keyspace_->observer()) observer->event(index_, EventClass::key_miss, "keymiss", key);
    }
    return nullptr;
}

StringLookup Database::find_string(const KeyRef& key, Touch touch) {
    const auto* entry = find(key, touch);
    if (entry == nullptr) return {};
    if (entry->type() != ValueType::string) return {std::nullopt, true};
    return {entry->string(), false};
}

Presence Database::presence(const KeyRef& key) {
    auto& slice = keyspace_->slice_for(key.hash);
    assert(slice.lock.held_by_this_thread());
    auto* table = slice.table_if(index_);
    if (table == nullptr) return Presence::missing;
    Located at{*keyspace_, slice, *table, index_, table->find(key)};
    if (!at.slot) return Presence::missing;
    if (at.slot.marks() == 0) return Presence::present;
    const auto seen = visibility(at, key, Asks::looks);
    if (seen != Visible::no && (at.slot.marks() & mark_filled) != 0) ProvenScope::remember(at.entry()->provenance());
    switch (seen) {
        case Visible::yes:
            return Presence::present;
        case Visible::remembered_absent:
            return Presence::remembered_absent;
        case Visible::no:
            break;
    }
    return Presence::missing;
}

const Entry* Database::peek(const KeyRef& key) const {
    auto& slice = keyspace_->slice_for(key.hash);
    assert(slice.lock.held_by_this_thread());
    auto* table = slice.table_if(index_);
    if (table == nullptr) return nullptr;
    const auto slot = table->find(key);
    return slot ? slot.item() : nullptr;
}

const Provenance* Database::provenance(const KeyRef& key) const {
    const auto* entry = peek(key);
    return entry == nullptr ? nullptr : entry->provenance();
}

std::optional<ObjectInfo> Database::object_info(const KeyRef& key) {
    if (presence(key) != Presence::present) return std::nullopt;
    const auto* entry = peek(key);
    ObjectInfo info;
    info.encoding = entry->encoding_name();
    info.memory_bytes = entry->memory_bytes();
    if (!entry->filled()) {
        const auto rules = access_rules(keyspace_->tunables());
        if (counts_frequency(rules.policy)) {
            info.frequency = access_frequency(entry->access(), rules, now());
        } else {
            info.idle = idle_time(entry->access(), now());
        }
    }
    return info;
}

std::optional<WallTime> Database::expiry(const KeyRef& key) {
    return presence(key) == Presence::present ? peek(key)->expiry() : std::nullopt;
}

Entry* Database::expire_hash_fields(Entry* entry, const KeyRef& key) {
    auto* hash = entry->get<Hash>();
    const auto next = hash->next_expiry();
    if (!next || *next > expiry_now()) return entry;
    std::vector<std::string> gone;
    hash->expire_fields(now(), SIZE_MAX, [&](std::string_view field) { gone.emplace_back(field); });
    if (gone.empty()) return entry;
    keyspace_->internals().expired_fields.fetch_add(gone.size(), std::memory_order_relaxed);
    if (auto* observer = keyspace_->observer()) {
        if (!entry->filled()) observer->fields_expired(index_, key, gone);
        observer->event(index_, EventClass::hash, "hexpired", key);
    }
    const bool emptied = hash->empty();
    if (emptied) {
        erase(key);
        if (auto* observer = keyspace_->observer()) observer->event(index_, EventClass::generic, "del", key);
    }
    changed(key);
    return emptied ? nullptr : entry;
}

bool Database::expire_due(const KeyRef& key) {
    const bool was_there = peek(key) != nullptr;
    (void)presence(key);  // removes a key that has expired
    const auto hash = typed<Hash>(const_cast<Entry*>(peek(key)), key);
    if (hash && hash->has_field_expiry()) note_field_expiry(key, *hash->next_expiry());
    return was_there && peek(key) == nullptr;
}

void Database::touch(const KeyRef& key) {
    const bool touches = Keyspace::thread_touches();
    Keyspace::set_thread_touches(true);
    (void)find(key, Touch::yes);
    Keyspace::set_thread_touches(touches);
}

}  // namespace sabil::cache
