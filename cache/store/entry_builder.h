// Makes, relays out and destroys entries; the only place that knows their layout besides entry.cc.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "cache/store/entry.h"

namespace sabil::cache {

// Every function that returns an Entry* may have moved it. Thread-safety: under the slice's lock.
class EntryBuilder {
  public:
    // What an entry carries besides key and value.
    struct Extras {
        std::optional<WallTime> expiry;
        std::unique_ptr<const Provenance> provenance;
        std::uint32_t access = 0;
    };

    static Entry* make_string(std::string_view key, std::string_view bytes, Extras extras);
    static Entry* make_integer(std::string_view key, std::int64_t value, Extras extras);
    static Entry* make(std::string_view key, Value value, Extras extras);
    static void destroy(Entry* entry) noexcept;

    // Overwrites an owned entry's string in its own block where the new one fits well; false where it does not.
    static bool overwrite_string(Entry* entry, std::string_view bytes) noexcept;
    static Entry* with_expiry(Entry* entry, std::optional<WallTime> expiry);
    // Turns a string of any kind into one that is kept apart and may be edited.
    static Entry* with_editable_string(Entry* entry);
    // Takes the value out; the entry may then only be destroyed.
    static Value take_value(Entry* entry) noexcept;
    // Destroys the value only (string kept apart, container); the entry may then only be destroyed.
    static bool frees_slowly(const Entry* entry) noexcept;

    static void set_access(Entry* entry, std::uint32_t access) noexcept;
    static std::unique_ptr<const Provenance> take_provenance(Entry* entry) noexcept;

  private:
    struct Shape;
    static Entry* allocate(std::string_view key, const Shape& shape, Extras& extras);
    static void destroy_payload(Entry* entry) noexcept;
    static char* fixed(Entry* entry) noexcept { return reinterpret_cast<char*>(entry) + sizeof(Entry); }
};

}  // namespace sabil::cache
