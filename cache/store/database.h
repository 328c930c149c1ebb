// One database as command handlers see it. Every function that takes a key needs the lock of the key's slice (LockSet);
// debug builds assert it. Functions over the whole database say which locks they take.
//
// Reads treat as absent: expired keys (removed on the way), filled entries that are not servable (they stay for the
// next fill or eviction), and remembered absences. Functions named *_for_write also drop filled entries that are
// servable: a write never builds upon what was filled.
//
// Changing a container through its pointer is not seen by the store: call changed() after it, and erase() the key when
// the container is empty.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cache/base/function_ref.h"
#include "cache/store/entry.h"
#include "cache/store/key.h"
#include "cache/store/keyspace.h"

namespace sabil::cache {

// A typed answer: value, absent (both false) or wrong_type.
template <class T>
struct Lookup {
    T* value = nullptr;
    bool wrong_type = false;

    explicit operator bool() const noexcept { return value != nullptr; }
    T& operator*() const noexcept { return *value; }
    T* operator->() const noexcept { return value; }
};

struct StringLookup {
    std::optional<ElementView> value;
    bool wrong_type = false;

    explicit operator bool() const noexcept { return value.has_value(); }
    const ElementView& operator*() const noexcept { return *value; }
    const ElementView* operator->() const noexcept { return &*value; }
};

enum class Presence : std::uint8_t {
    missing,            // nothing that may be shown: a lookup may fill it
    remembered_absent,  // a servable remembered absence: reads as a missing key, needs no fill
    present,
};

enum class Filled : std::uint8_t {
    stored,
    owned_key_exists,  // clients own this key: never replaced by a fill
};

enum class ExpiryRule : std::uint8_t { clear, keep };
enum class Touch : std::uint8_t { yes, no };  // whether a read counts as an access for eviction and OBJECT IDLETIME

// Redis' object metadata.
struct ObjectInfo {
    std::string_view encoding;
    std::chrono::seconds idle{0};  // under LRU policies
    unsigned frequency = 0;        // 0 .. 255, under LFU policies
    std::size_t memory_bytes = 0;
};

// A view, two words; copy freely. Thread-safety: see above.
class Database {
  public:
    // holds_all: the caller holds LockSet::all, and functions over the whole database take no lock of their own.
    Database(Keyspace& keyspace, unsigned index, bool holds_all = false) noexcept
        : keyspace_(&keyspace), index_(static_cast<std::uint16_t>(index)), holds_all_(holds_all) {}

    Keyspace& keyspace() const noexcept { return *keyspace_; }
    unsigned index() const noexcept { return index_; }
    bool holds_all() const noexcept { return holds_all_; }
    WallTime now() const noexcept { return keyspace_->now(); }
    WallTime expiry_now() const noexcept { return keyspace_->expiry_now(); }
    const EncodingLimits& encodings() const noexcept { return keyspace_->tunables().encodings; }

    // --- Reading
    Entry* find(const KeyRef& key, Touch touch = Touch::yes);  // counts a hit or a miss
    StringLookup find_string(const KeyRef& key, Touch touch = Touch::yes);
    // T: List, Set, ZSet, Hash, Stream, BlobRef. Fields of a hash that have expired are removed first.
    template <class T>
    Lookup<T> find(const KeyRef& key, Touch touch = Touch::yes) {
        return typed<T>(find(key, touch), key);
    }
    bool contains(const KeyRef& key) { return find(key) != nullptr; }
    Presence presence(const KeyRef& key);  // counts nothing, touches nothing
    // The entry whatever its state, expired and unservable ones included; nullptr where there is none. For inspection.
    const Entry* peek(const KeyRef& key) const;
    std::optional<ObjectInfo> object_info(const KeyRef& key);  // touches nothing

    // --- Writing
    Entry* find_for_write(const KeyRef& key);
    template <class T>
    Lookup<T> find_for_write(const KeyRef& key) {
        return typed<T>(find_for_write(key), key);
    }
    // The existing container or a new empty one. wrong_type where the key holds something else.
    template <class T>
    Lookup<T> find_or_create(const KeyRef& key) {
        auto found = find_for_write<T>(key);
        if (found || found.wrong_type) return found;
        return {insert(key, Value(T{}))->template get<T>(), false};
    }
    // Stores a string, kept as an integer where it is the text of one, over whatever was there.
    Entry* set_string(const KeyRef& key, std::string_view bytes, ExpiryRule rule = ExpiryRule::clear,
                      std::optional<WallTime> expiry = std::nullopt);
    Entry* set_integer(const KeyRef& key, std::int64_t value, ExpiryRule rule = ExpiryRule::keep);
    // Appends to a string, creating it; the new length, or nullopt for a wrong type. The caller checks limits first.
    std::optional<std::size_t> append(const KeyRef& key, std::string_view bytes);
    // A string made editable in place; absent keys are created empty where `create`.
    Lookup<String> edit_string(const KeyRef& key, bool create);
    // Stores over whatever was there, of any class. ExpiryRule::keep keeps the old key's expiry.
    Entry* replace(const KeyRef& key, Value value, std::optional<WallTime> expiry = std::nullopt);
    // As replace; requires that find_for_write(key) has just found nothing.
    Entry* insert(const KeyRef& key, Value value, std::optional<WallTime> expiry = std::nullopt);
    // True where a visible key was removed; entries of any class go. background: large values are freed off the
    // workers.
    bool erase(const KeyRef& key, bool background = false);
    struct Taken {
        Value value;
        std::optional<WallTime> expiry;
    };
    // Moves a visible owned key out: RENAME, MOVE, GETDEL.
    std::optional<Taken> take(const KeyRef& key);

    // --- Expiry (absolute)
    std::optional<WallTime> expiry(const KeyRef& key);  // of a visible key; nullopt: none, or no key
    bool set_expiry(const KeyRef& key, WallTime at);    // false: no such key. A time in the past is stored as it is
    bool persist(const KeyRef& key);                    // false: no such key or no expiry
    // Must follow Hash::set_expiry, so that the store knows that a field of this key will expire.
    void note_field_expiry(const KeyRef& key, WallTime at);
    // Removes the key, or those of its fields, that are due. True where the key went.
    bool expire_due(const KeyRef& key);

    // --- Filled entries
    // Stores a value read from the database behind, or (Value()) its absence. Replaces filled entries of any state.
    Filled fill(const KeyRef& key, Value value, std::unique_ptr<const Provenance> provenance,
                std::optional<WallTime> expiry = std::nullopt);
    // The provenance of what is there, servable or not; nullptr for none and for owned keys.
    const Provenance* provenance(const KeyRef& key) const;

    // --- Signals
    // The key's value changed: counts a change, tells the observer.
    void changed(const KeyRef& key);
    // The same, and a named keyspace event.
    void changed(const KeyRef& key, EventClass event_class, std::string_view event);
    // Only the named event.
    void notify(const KeyRef& key, EventClass event_class, std::string_view event);

    // --- Eviction metadata
    void touch(const KeyRef& key);
    void set_idle(const KeyRef& key, std::chrono::seconds idle);  // RESTORE IDLETIME
    void set_frequency(const KeyRef& key, unsigned frequency);    // RESTORE FREQ, 0 .. 255

    // --- The whole database. Each takes one slice's lock at a time, or none where holds_all().
    std::uint64_t size() const noexcept { return keyspace_->size(index_); }
    // Calls visit under the lock for about `count` visible keys from cursor (0 starts; below 2^53); returns the next
    // cursor, 0 at the end. Keys present from start to end are visited exactly once, whatever grows or shrinks
    // meanwhile.
    std::uint64_t scan(std::uint64_t cursor, std::size_t count, FunctionRef<void(const KeyRef&, const Entry&)> visit);
    void for_each(FunctionRef<void(const KeyRef&, const Entry&)> visit);
    std::optional<std::string> random_key();

  private:
    template <class T>
    Lookup<T> typed(Entry* entry, const KeyRef& key);
    Entry* expire_hash_fields(Entry* entry, const KeyRef& key);

    Keyspace* keyspace_;
    std::uint16_t index_;
    bool holds_all_;
};

template <class T>
Lookup<T> Database::typed(Entry* entry, const KeyRef& key) {
    if constexpr (std::is_same_v<T, Hash>) {
        if (entry != nullptr && entry->type() == ValueType::hash && entry->get<Hash>()->has_field_expiry()) {
            entry = expire_hash_fields(entry, key);
        }
    }
    if (entry == nullptr) return {};
    T* value = entry->get<T>();
    return {value, value == nullptr};
}

}  // namespace sabil::cache
