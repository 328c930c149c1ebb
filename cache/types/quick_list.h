// The large form of a list: chunks in a double-ended queue that also holds their counts, so that finding an index walks
// over contiguous memory. Used by List only.
#pragma once

#include <cstdint>
#include <deque>

#include "cache/base/heap.h"
#include "cache/types/list_chunk.h"

namespace sabil::cache {

// How much one chunk may hold, from list-max-listpack-size.
struct ChunkLimit {
    explicit ChunkLimit(std::int32_t setting) noexcept;
    bool allows(std::size_t bytes, std::uint32_t elements) const noexcept {
        return bytes <= most_bytes && elements <= most_elements;
    }
    std::size_t most_bytes;
    std::uint32_t most_elements;
};

// Thread-safety: one thread at a time.
class QuickList : public heap::Counted {
  public:
    struct Node {
        void* chunk = nullptr;
        std::uint32_t count = 0;
    };
    using Nodes = std::deque<Node, heap::Allocator<Node>>;
    // An element: a node and its index there.
    struct Place {
        std::size_t node = 0;
        std::uint32_t index = 0;
    };

    QuickList() = default;
    QuickList(const QuickList&) = delete;
    QuickList& operator=(const QuickList&) = delete;
    ~QuickList();

    std::size_t size() const noexcept { return size_; }
    const Nodes& nodes() const noexcept { return nodes_; }
    void adopt(void* chunk);                        // appends a whole chunk
    void* release_only_chunk() noexcept;            // requires one node
    Place place(std::size_t index) const noexcept;  // index < size()
    void insert(std::size_t index, const PackedElement& element, const ChunkLimit& limit);
    void replace(std::size_t index, const PackedElement& element, const ChunkLimit& limit);
    void erase(std::size_t index, std::size_t count);
    std::size_t heap_bytes() const noexcept;

  private:
    void insert_at(Place place, const PackedElement& element, const ChunkLimit& limit);

    Nodes nodes_;
    std::size_t size_ = 0;
};

}  // namespace sabil::cache
