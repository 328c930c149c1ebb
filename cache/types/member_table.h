// The large form of a set: an index of members. Used by Set only.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "cache/base/heap.h"
#include "cache/base/seeded_hash.h"
#include "cache/types/tag_index.h"

namespace sabil::cache {

// Bytes with their length before them: one byte, or 255 and four.
class MemberNode {
  public:
    static std::size_t bytes_for(std::size_t size) noexcept { return (size < 255 ? 1 : 5) + size; }
    static void write(char* to, std::string_view bytes) noexcept {
        const auto size = static_cast<std::uint32_t>(bytes.size());
        *to = static_cast<char>(size < 255 ? size : 255);
        if (size >= 255) std::memcpy(to + 1, &size, 4);
        if (size > 0) std::memcpy(to + bytes_for(size) - size, bytes.data(), size);
    }
    static std::string_view read(const char* from) noexcept {
        std::uint32_t size = static_cast<unsigned char>(*from);
        if (size < 255) return {from + 1, size};
        std::memcpy(&size, from + 1, 4);
        return {from + 5, size};
    }
    static MemberNode* make(std::string_view bytes) {
        auto* block = static_cast<char*>(heap::allocate_packed(bytes_for(bytes.size())));
        write(block, bytes);
        return reinterpret_cast<MemberNode*>(block);
    }
    std::string_view bytes() const noexcept { return read(reinterpret_cast<const char*>(this)); }
};

struct MemberTraits {
    using Item = MemberNode;
    static TagPlace place(const MemberNode* node) noexcept { return TagPlace(seeded_hash(node->bytes())); }
};

// Thread-safety: one thread at a time.
class MemberTable : public heap::Counted {
  public:
    using Index = TagIndex<MemberTraits>;

    MemberTable() = default;
    MemberTable(const MemberTable&) = delete;
    MemberTable& operator=(const MemberTable&) = delete;
    ~MemberTable() {
        index_.for_each_slot([](Index::Slot slot) { heap::deallocate(slot.item()); });
    }
    const Index& index() const noexcept { return index_; }
    bool contains(std::string_view member) const noexcept {
        return static_cast<bool>(find(TagPlace(seeded_hash(member)), member));
    }
    bool add(std::string_view member) {
        const TagPlace place(seeded_hash(member));
        if (find(place, member)) return false;
        index_.insert(place, MemberNode::make(member));
        return true;
    }
    bool erase(std::string_view member) {
        const TagPlace place(seeded_hash(member));
        const auto slot = find(place, member);
        if (!slot) return false;
        auto* gone = slot.item();
        index_.erase(place, slot);
        heap::deallocate(gone);
        return true;
    }

  private:
    Index::Slot find(TagPlace place, std::string_view member) const noexcept {
        return index_.find(place, [member](const MemberNode& node) { return node.bytes() == member; });
    }
    Index index_;
};

}  // namespace sabil::cache
