#include "cache/types/stream_data.h"

#include <algorithm>
#include <vector>

#include "cache/types/packed_block.h"

namespace sabil::cache {
namespace {

const char* skip(const char* at, std::size_t elements) noexcept {
    for (; elements > 0; --elements) at = PackedBlock::next(at);
    return at;
}

std::uint64_t number_at(const char* at) noexcept {
    return static_cast<std::uint64_t>(packed_view(at).integer());
}

PackedElement number(std::uint64_t value) noexcept {
    return PackedElement(static_cast<std::int64_t>(value));
}

}  // namespace

void StreamEntryView::for_each(FunctionRef<void(ElementView field, ElementView value)> visit) const {
    const char* name = names_;
    const char* at = values_;
    for (std::size_t i = 0; i < fields_; ++i) {
        if (names_ == nullptr) {
            const char* value = PackedBlock::next(at);
            visit(packed_view(at), packed_view(value));
            at = PackedBlock::next(value);
        } else {
            visit(packed_view(name), packed_view(at));
            name = PackedBlock::next(name);
            at = PackedBlock::next(at);
        }
    }
}

StreamData::~StreamData() {
    for (auto& node : nodes_) PackedBlock::free(node.block);
}

const char* StreamData::entries_of(const Node& node) noexcept {
    const PackedBlock block(node.block);
    return skip(block.begin(), 1 + number_at(block.begin()));
}

// Fills in the entry at `at` and gives what follows it.
const char* StreamData::read_entry(const Node& node, const char* at, StreamEntryView& entry) noexcept {
    const PackedBlock block(node.block);
    const auto milliseconds = number_at(at);
    at = PackedBlock::next(at);
    const auto sequence = number_at(at);
    at = PackedBlock::next(at);
    entry.id_ = {node.first.milliseconds + milliseconds, milliseconds == 0 ? node.first.sequence + sequence : sequence};
    const auto own_fields = number_at(at);
    entry.values_ = PackedBlock::next(at);
    entry.fields_ = own_fields == 0 ? number_at(block.begin()) : own_fields;
    entry.names_ = own_fields == 0 ? PackedBlock::next(block.begin()) : nullptr;
    return skip(entry.values_, own_fields == 0 ? entry.fields_ : own_fields * 2);
}

bool StreamData::same_fields(const Node& node, std::span<const std::string_view> fields_and_values) noexcept {
    const PackedBlock block(node.block);
    if (number_at(block.begin()) * 2 != fields_and_values.size()) return false;
    const char* name = PackedBlock::next(block.begin());
    for (std::size_t i = 0; i < fields_and_values.size(); i += 2, name = PackedBlock::next(name)) {
        if (!PackedElement(fields_and_values[i]).equals(name)) return false;
    }
    return true;
}

std::optional<StreamId> StreamData::first_id() const noexcept {
    if (nodes_.empty()) return std::nullopt;
    StreamEntryView entry;
    read_entry(nodes_.front(), entries_of(nodes_.front()), entry);
    return entry.id();
}

std::optional<StreamId> StreamData::top_id() const noexcept {
    std::optional<StreamId> top;
    for_range_reverse(StreamId::min(), StreamId::max(), [&](const StreamEntryView& entry) {
        top = entry.id();
        return false;
    });
    return top;
}

void StreamData::set_ids(StreamId last, StreamId max_deleted, std::uint64_t entries_added) noexcept {
    last_id_ = last;
    max_deleted_id_ = max_deleted;
    entries_added_ = entries_added;
}

// Redis puts its length behind each element, too, in as many bytes as seven bits each need.
static std::uint32_t redis_bytes(std::span<const PackedElement> elements) noexcept {
    std::size_t bytes = 0;
    for (const auto& element : elements) {
        bytes += element.size();
        for (auto left = element.size(); left != 0; left >>= 7) ++bytes;
    }
    return static_cast<std::uint32_t>(bytes);
}

void StreamData::start_node(StreamId id, std::span<const std::string_view> fields_and_values) {
    std::vector<PackedElement> header{number(fields_and_values.size() / 2)};
    for (std::size_t i = 0; i < fields_and_values.size(); i += 2) header.emplace_back(fields_and_values[i]);
    PackedBlock block(nullptr);
    block.insert(block.end(), header);
    constexpr std::uint32_t others_bytes = 13;  // header and end, the numbers of entries and of deleted ones, a mark
    nodes_.push_back({id, id, 0, others_bytes + redis_bytes(header), block.get()});
}

void StreamData::append(StreamId id, std::span<const std::string_view> fields_and_values,
                        const EncodingLimits& limits) {
    const std::uint32_t most_bytes = limits.stream_node_max_bytes;
    const std::uint32_t most_entries = limits.stream_node_max_entries;
    auto full = [&](const Node& node) {
        std::size_t bytes = node.redis_bytes;
        for (auto text : fields_and_values) bytes += text.size();
        return (most_entries != 0 && node.entries >= most_entries) || (most_bytes != 0 && bytes >= most_bytes);
    };
    if (nodes_.empty() || full(nodes_.back())) start_node(id, fields_and_values);
    auto& node = nodes_.back();
    const auto milliseconds = id.milliseconds - node.first.milliseconds;
    std::vector<PackedElement> elements;
    elements.reserve(3 + fields_and_values.size());
    elements.push_back(number(milliseconds));
    elements.push_back(number(milliseconds == 0 ? id.sequence - node.first.sequence : id.sequence));
    // Redis ends an entry with its length, and has a mark before the fields of one that has its own.
    constexpr std::uint32_t length_bytes = 2, mark_bytes = 2;
    node.redis_bytes += length_bytes;
    if (same_fields(node, fields_and_values)) {
        elements.push_back(number(0));
        for (std::size_t i = 1; i < fields_and_values.size(); i += 2) elements.emplace_back(fields_and_values[i]);
    } else {
        elements.push_back(number(fields_and_values.size() / 2));
        for (auto text : fields_and_values) elements.emplace_back(text);
        node.redis_bytes += mark_bytes;
    }
    node.redis_bytes += redis_bytes(elements);
    PackedBlock block(node.block);
    block.insert(block.end(), elements);
    node.block = block.get();
    node.last = id;
    ++node.entries;
    ++size_;
    ++entries_added_;
    last_id_ = id;
}

std::size_t StreamData::node_for(StreamId id) const noexcept {
    const auto found =
        std::partition_point(nodes_.begin(), nodes_.end(), [&](const Node& node) { return node.last < id; });
    return static_cast<std::size_t>(found - nodes_.begin());
}

void StreamData::for_range(StreamId from, StreamId to, Visitor visit) const {
    for (auto number_of = node_for(from); number_of < nodes_.size(); ++number_of) {
        const auto& node = nodes_[number_of];
        const char* end = PackedBlock(node.block).end();
        StreamEntryView entry;
        for (const char* at = entries_of(node); at != end;) {
            at = read_entry(node, at, entry);
            if (entry.id() < from) continue;
            if (entry.id() > to || !visit(entry)) return;
        }
    }
}

void StreamData::for_range_reverse(StreamId from, StreamId to, Visitor visit) const {
    std::vector<StreamEntryView> entries;
    auto after = node_for(to);
    if (after < nodes_.size()) ++after;
    for (; after > 0; --after) {
        const auto& node = nodes_[after - 1];
        if (node.last < from) return;
        const char* end = PackedBlock(node.block).end();
        entries.clear();
        for (const char* at = entries_of(node); at != end;) at = read_entry(node, at, entries.emplace_back());
        for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
            if (entry->id() > to) continue;
            if (entry->id() < from || !visit(*entry)) return;
        }
    }
}

bool StreamData::contains(StreamId id) const {
    bool found = false;
    for_range(id, id, [&](const StreamEntryView&) {
        found = true;
        return false;
    });
    return found;
}

void StreamData::erase_from_node(std::size_t number_of, const char* at, const StreamEntryView& entry) {
    auto& node = nodes_[number_of];
    const bool shared = entry.names_ != nullptr;
    --size_;
    if (--node.entries == 0) {
        PackedBlock::free(node.block);
        nodes_.erase(nodes_.begin() + static_cast<std::ptrdiff_t>(number_of));
        return;
    }
    PackedBlock block(node.block);
    block.erase(at, static_cast<std::uint32_t>(3 + (shared ? entry.fields_ : entry.fields_ * 2)));
    node.block = block.get();
}

bool StreamData::erase(StreamId id) {
    const auto number_of = node_for(id);
    if (number_of == nodes_.size()) return false;
    const auto& node = nodes_[number_of];
    const char* end = PackedBlock(node.block).end();
    StreamEntryView entry;
    for (const char* at = entries_of(node); at != end;) {
        const char* next = read_entry(node, at, entry);
        if (entry.id() == id) {
            max_deleted_id_ = std::max(max_deleted_id_, id);
            erase_from_node(number_of, at, entry);
            return true;
        }
        if (entry.id() > id) return false;
        at = next;
    }
    return false;
}

void StreamData::drop_first_node() {
    size_ -= nodes_.front().entries;
    PackedBlock::free(nodes_.front().block);
    nodes_.pop_front();
}

std::size_t StreamData::trim_while(FunctionRef<bool(const Node&)> whole_node, FunctionRef<bool(StreamId)> one,
                                   const StreamTrim& trim) {
    std::size_t gone = 0;
    const auto limit = trim.limit_entries == 0 ? SIZE_MAX : trim.limit_entries;
    while (!nodes_.empty() && whole_node(nodes_.front())) {
        if (gone + nodes_.front().entries > limit) return gone;
        gone += nodes_.front().entries;
        drop_first_node();
    }
    while (!trim.approximate && !nodes_.empty() && gone < limit) {
        StreamEntryView entry;
        const char* at = entries_of(nodes_.front());
        read_entry(nodes_.front(), at, entry);
        if (!one(entry.id())) break;
        erase_from_node(0, at, entry);
        ++gone;
    }
    return gone;
}

std::size_t StreamData::trim_to_length(std::size_t length, const StreamTrim& trim) {
    return trim_while([&](const Node& node) { return size_ > length && size_ - node.entries >= length; },
                      [&](StreamId) { return size_ > length; }, trim);
}

std::size_t StreamData::trim_before(StreamId min, const StreamTrim& trim) {
    return trim_while([&](const Node& node) { return node.last < min; }, [&](StreamId id) { return id < min; }, trim);
}

StreamGroup* StreamData::find_group(std::string_view name) noexcept {
    const auto found = groups_.find(name);
    return found == groups_.end() ? nullptr : &found->second;
}

std::size_t StreamData::heap_bytes() const noexcept {
    auto bytes = heap::usable_bytes(this) + nodes_.size() * sizeof(Node);
    constexpr std::size_t wanted_nodes = 64;
    const auto nodes = std::min(nodes_.size(), wanted_nodes);
    std::size_t sampled = 0;
    for (std::size_t i = 0; i < nodes; ++i) sampled += PackedBlock(nodes_[i].block).heap_bytes();
    if (nodes > 0) bytes += sampled * nodes_.size() / nodes;
    constexpr std::size_t tree_node_bytes = 48;
    for (const auto& [name, group] : groups_) {
        bytes += sizeof(group) + name.capacity() + tree_node_bytes;
        bytes += group.consumers().size() * (sizeof(StreamConsumer) + tree_node_bytes);
        bytes += group.pending().size() * (sizeof(StreamId) * 2 + sizeof(StreamPending) + 2 * tree_node_bytes);
    }
    return bytes;
}

StreamData* StreamData::clone() const {
    auto* copy = new StreamData();
    for (const auto& node : nodes_)
        copy->nodes_.push_back({node.first, node.last, node.entries, node.redis_bytes, PackedBlock(node.block).clone()});
    copy->size_ = size_;
    copy->set_ids(last_id_, max_deleted_id_, entries_added_);
    for (const auto& [name, group] : groups_) copy->groups_.emplace(name, group.clone());
    return copy;
}

}  // namespace sabil::cache
