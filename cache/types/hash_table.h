// The large form of a hash: an index of field nodes. Used by Hash only.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "cache/base/clock.h"
#include "cache/base/function_ref.h"
#include "cache/base/heap.h"
#include "cache/base/seeded_hash.h"
#include "cache/types/tag_index.h"

namespace sabil::cache {

// One field with its value in one block:
//   flags (1) | expiry ms (8, optional) | field and value length (1 + 1, or 4 + 4 where one is above 255) | field |
//   value
class FieldNode {
  public:
    static FieldNode* make(std::string_view field, std::string_view value, std::optional<std::int64_t> expiry_ms);
    static void free(FieldNode* node) noexcept { heap::deallocate(node); }

    std::string_view field() const noexcept;
    std::string_view value() const noexcept;
    std::optional<std::int64_t> expiry_ms() const noexcept;
    // Puts another value of the same length class in place; false where that needs another block.
    bool overwrite(std::string_view value) noexcept;

  private:
    static constexpr unsigned char flag_expiry = 1;
    static constexpr unsigned char flag_wide = 2;
    const char* lengths() const noexcept {
        return reinterpret_cast<const char*>(this) + 1 + ((flags_ & flag_expiry) != 0 ? 8 : 0);
    }
    const char* text() const noexcept { return lengths() + ((flags_ & flag_wide) != 0 ? 8 : 2); }
    std::uint32_t length(unsigned which) const noexcept;

    unsigned char flags_;
};

struct FieldTraits {
    using Item = FieldNode;
    static TagPlace place(const FieldNode* node) noexcept { return TagPlace(seeded_hash(node->field())); }
};

// Thread-safety: one thread at a time.
class HashTable : public heap::Counted {
  public:
    using Index = TagIndex<FieldTraits>;
    static constexpr unsigned mark_expiry = 1;

    HashTable() = default;
    ~HashTable();
    HashTable(const HashTable&) = delete;
    HashTable& operator=(const HashTable&) = delete;

    const Index& index() const noexcept { return index_; }
    const FieldNode* find(std::string_view field) const noexcept;
    bool set(std::string_view field, std::string_view value, std::optional<std::int64_t> expiry_ms, bool keep_expiry);
    bool erase(std::string_view field);
    bool set_expiry(std::string_view field, std::optional<std::int64_t> expiry_ms);
    bool has_expiry() const noexcept { return expiring_fields_ > 0; }
    std::int64_t earliest_ms() const noexcept { return earliest_ms_; }
    std::size_t expire(std::int64_t now_ms, std::size_t limit_fields, FunctionRef<void(std::string_view)> tell);
    std::size_t heap_bytes() const noexcept;

  private:
    Index::Slot slot_of(TagPlace place, std::string_view field) const noexcept;
    void replace(Index::Slot slot, FieldNode* node);
    void note(std::optional<std::int64_t> before, std::optional<std::int64_t> after) noexcept;

    Index index_;
    std::uint32_t expiring_fields_ = 0;
    std::int64_t earliest_ms_ = INT64_MAX;  // not later than any field's expiry
};

}  // namespace sabil::cache
