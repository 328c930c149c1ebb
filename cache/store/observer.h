// What others want to know of changes: WATCH, client tracking, keyspace notifications, blocked clients, replication.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cache/store/key.h"

namespace sabil::cache {

// Classes of keyspace events, one bit each, with the letter of notify-keyspace-events.
enum class EventClass : std::uint32_t {
    generic = 1 << 0,   // g
    string = 1 << 1,    // $
    list = 1 << 2,      // l
    set = 1 << 3,       // s
    hash = 1 << 4,      // h
    zset = 1 << 5,      // z
    stream = 1 << 6,    // t
    expired = 1 << 7,   // x
    evicted = 1 << 8,   // e
    key_miss = 1 << 9,  // m
    new_key = 1 << 10,  // n
    module = 1 << 11,   // d
};

// Called under the key's slice lock on the thread that makes the change: must be short and must not touch the keyspace.
// Filled entries coming and going are not changes of data that clients own: only removed() tells of them.
// Thread-safety: called from any thread, for different slices at the same time.
class KeyspaceObserver {
  public:
    virtual ~KeyspaceObserver() = default;
    // The key's value, expiry or existence changed.
    virtual void modified(unsigned database, KeyRef key) = 0;
    // A named event ("hset", "del", "expired", ...), for notifications.
    virtual void event(unsigned database, EventClass event_class, std::string_view event, KeyRef key) = 0;
    enum class Removal : std::uint8_t { expired, evicted, dropped_fill };
    // The store itself removed a key; expired and evicted ones are to be propagated as DEL. What clients owned was
    // announced by event() just before; anything filled is told of as dropped_fill, whatever made it go.
    virtual void removed(unsigned database, KeyRef key, Removal why) = 0;
    // The store itself removed fields of a hash that clients own; to be propagated as HDEL. modified() follows.
    virtual void fields_expired(unsigned /*database*/, KeyRef /*key*/, std::span<const std::string> /*fields*/) {}
    // All keys of a database, or of all (nullopt), are gone. Called once, with every slice locked.
    virtual void flushed(std::optional<unsigned> database) = 0;
    virtual void swapped(unsigned first, unsigned second) = 0;
};

}  // namespace sabil::cache
