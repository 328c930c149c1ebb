#include "cache/types/quick_list.h"

#include <algorithm>

namespace sabil::cache {

ChunkLimit::ChunkLimit(std::int32_t setting) noexcept : most_bytes(SIZE_MAX), most_elements(UINT32_MAX) {
    constexpr std::size_t smallest_bytes = 4096;
    if (setting >= 0) {
        most_elements = static_cast<std::uint32_t>(std::max(setting, 1));
        most_bytes = smallest_bytes * 2;
    } else {
        const auto level = std::clamp(-setting, 1, 5);
        most_bytes = smallest_bytes << (level - 1);
    }
}

QuickList::~QuickList() {
    for (auto& node : nodes_) ListChunk::free(node.chunk);
}

void QuickList::adopt(void* chunk) {
    const auto count = ListChunk(chunk).count();
    nodes_.push_back({chunk, count});
    size_ += count;
}

void* QuickList::release_only_chunk() noexcept {
    void* chunk = nodes_.front().chunk;
    nodes_.clear();
    size_ = 0;
    return chunk;
}

QuickList::Place QuickList::place(std::size_t index) const noexcept {
    if (index < size_ / 2) {
        std::size_t node = 0;
        while (index >= nodes_[node].count) index -= nodes_[node++].count;
        return {node, static_cast<std::uint32_t>(index)};
    }
    auto from_end = size_ - index;  // at least 1
    auto node = nodes_.size() - 1;
    while (from_end > nodes_[node].count) from_end -= nodes_[node--].count;
    return {node, static_cast<std::uint32_t>(nodes_[node].count - from_end)};
}

void QuickList::insert(std::size_t index, const PackedElement& element, const ChunkLimit& limit) {
    Place at;
    if (index > 0 && index >= size_) {
        at = {nodes_.size() - 1, nodes_.back().count};
    } else if (index > 0) {
        at = place(index);
    }
    insert_at(at, element, limit);
}

void QuickList::insert_at(Place at, const PackedElement& element, const ChunkLimit& limit) {
    auto& node = nodes_[at.node];
    ListChunk chunk(node.chunk);
    ++size_;
    if (limit.allows(chunk.bytes() + ListChunk::size_of(element), node.count + 1)) {
        chunk.insert(chunk.at(at.index), element);
        node = {chunk.get(), node.count + 1};
        return;
    }
    // A full chunk is cut at the place, unless that is one of its ends; the element starts a chunk of its own.
    auto before = at.node;
    if (at.index == 0 || at.index == node.count) {
        chunk.shrink();
        node.chunk = chunk.get();
        if (at.index != 0) ++before;
    } else {
        void* right = chunk.split(chunk.at(at.index));
        node = {chunk.get(), chunk.count()};
        ++before;
        nodes_.insert(nodes_.begin() + static_cast<std::ptrdiff_t>(before), Node{right, ListChunk(right).count()});
    }
    ListChunk fresh(nullptr);
    fresh.insert(nullptr, element);
    nodes_.insert(nodes_.begin() + static_cast<std::ptrdiff_t>(before), Node{fresh.get(), 1});
}

void QuickList::replace(std::size_t index, const PackedElement& element, const ChunkLimit& limit) {
    const auto at = place(index);
    auto& node = nodes_[at.node];
    ListChunk chunk(node.chunk);
    if (node.count == 1 || limit.allows(chunk.bytes() + ListChunk::size_of(element), node.count)) {
        chunk.replace(chunk.at(at.index), element);
        node.chunk = chunk.get();
        return;
    }
    chunk.erase(chunk.at(at.index), 1);
    node = {chunk.get(), node.count - 1};
    --size_;
    insert_at(at, element, limit);
}

void QuickList::erase(std::size_t index, std::size_t count) {
    count = std::min(count, size_ - std::min(index, size_));
    if (count == 0) return;
    auto [number, first] = place(index);
    size_ -= count;
    std::size_t emptied_from = nodes_.size();
    std::size_t emptied = 0;
    for (auto at = number; count > 0; ++at, first = 0) {
        auto& node = nodes_[at];
        const auto here = static_cast<std::uint32_t>(std::min<std::size_t>(count, node.count - first));
        count -= here;
        if (here == node.count) {
            ListChunk::free(node.chunk);
            emptied_from = std::min(emptied_from, at);
            ++emptied;
            continue;
        }
        ListChunk chunk(node.chunk);
        chunk.erase(chunk.at(first), here);
        node = {chunk.get(), node.count - here};
    }
    if (emptied == 0) return;
    const auto from = nodes_.begin() + static_cast<std::ptrdiff_t>(emptied_from);
    nodes_.erase(from, from + static_cast<std::ptrdiff_t>(emptied));
}

std::size_t QuickList::heap_bytes() const noexcept {
    auto bytes = heap::usable_bytes(this) + nodes_.size() * sizeof(Node);
    constexpr std::size_t wanted_nodes = 64;
    std::size_t sampled = 0;
    const auto nodes = std::min(nodes_.size(), wanted_nodes);
    for (std::size_t i = 0; i < nodes; ++i) sampled += ListChunk(nodes_[i].chunk).heap_bytes();
    return nodes == 0 ? bytes : bytes + sampled * nodes_.size() / nodes;
}

}  // namespace sabil::cache
