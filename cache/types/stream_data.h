// What a stream holds: entries in compact nodes, in order of their ids, and consumer groups.
//
// A node is a PackedBlock: the fields of its first entry (their number, then the names), then the entries. An entry is
// the two deltas of its id to the node's first id, then 0 and its values where its fields are the node's, or else the
// number of its fields and the field-value pairs.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cache/base/function_ref.h"
#include "cache/base/heap.h"
#include "cache/types/element.h"
#include "cache/types/encoding_limits.h"
#include "cache/types/stream_group.h"
#include "cache/types/stream_id.h"

namespace sabil::cache {

// One entry as it is visited. Valid until the stream's next change. Thread-safety: a value type.
class StreamEntryView {
  public:
    StreamId id() const noexcept { return id_; }
    std::size_t fields() const noexcept { return fields_; }
    void for_each(FunctionRef<void(ElementView field, ElementView value)> visit) const;

  private:
    friend class StreamData;
    StreamId id_;
    std::size_t fields_ = 0;
    const char* names_ = nullptr;   // the node's fields; nullptr where the entry has its own
    const char* values_ = nullptr;  // values, or pairs
};

// How far a trim goes. approximate: only whole nodes go. limit_entries: at most so many go, 0 for no limit.
struct StreamTrim {
    bool approximate = false;
    std::size_t limit_entries = 0;
};

// Thread-safety: one thread at a time (the slice's lock).
class StreamData : public heap::Counted {
  public:
    using Visitor = FunctionRef<bool(const StreamEntryView& entry)>;  // return false to stop
    using Groups = HeapMap<std::string, StreamGroup, std::less<>>;

    StreamData() = default;
    StreamData(const StreamData&) = delete;
    StreamData& operator=(const StreamData&) = delete;
    ~StreamData();

    std::size_t size() const noexcept { return size_; }
    StreamId last_id() const noexcept { return last_id_; }
    StreamId max_deleted_id() const noexcept { return max_deleted_id_; }
    std::uint64_t entries_added() const noexcept { return entries_added_; }
    std::optional<StreamId> first_id() const noexcept;  // nullopt where empty
    std::optional<StreamId> top_id() const noexcept;    // the last entry there is
    // XSETID and loading. The caller checks that ids do not go back.
    void set_ids(StreamId last, StreamId max_deleted, std::uint64_t entries_added) noexcept;

    // id must be above last_id(). fields_and_values: pairs, at least one.
    void append(StreamId id, std::span<const std::string_view> fields_and_values, const EncodingLimits& limits);
    // Visits ids from .. to, both included, in order or backwards.
    void for_range(StreamId from, StreamId to, Visitor visit) const;
    void for_range_reverse(StreamId from, StreamId to, Visitor visit) const;
    bool contains(StreamId id) const;
    bool erase(StreamId id);
    // Oldest entries go until at most `length` are left, or none is below `min`; how many went.
    std::size_t trim_to_length(std::size_t length, const StreamTrim& trim);
    std::size_t trim_before(StreamId min, const StreamTrim& trim);

    Groups& groups() noexcept { return groups_; }
    const Groups& groups() const noexcept { return groups_; }
    StreamGroup* find_group(std::string_view name) noexcept;

    // The runs that entries are kept in, none of them empty, for writing them out.
    void for_each_node(FunctionRef<void(StreamId first, StreamId last, std::size_t entries)> visit) const {
        for (const auto& node : nodes_) visit(node.first, node.last, node.entries);
    }
    std::size_t nodes_count() const noexcept { return nodes_.size(); }
    std::size_t heap_bytes() const noexcept;
    StreamData* clone() const;

  private:
    struct Node {
        StreamId first;  // the base of the deltas; its entry may have gone
        StreamId last;   // not below any entry in it
        std::uint32_t entries = 0;
        std::uint32_t redis_bytes = 0;  // of the same node in Redis' layout, which its limits are meant for
        void* block = nullptr;
    };
    using Nodes = std::deque<Node, heap::Allocator<Node>>;
    // An entry's bytes within a node, one past the last for none.
    static const char* entries_of(const Node& node) noexcept;
    static const char* read_entry(const Node& node, const char* at, StreamEntryView& entry) noexcept;
    static bool same_fields(const Node& node, std::span<const std::string_view> fields_and_values) noexcept;
    std::size_t node_for(StreamId id) const noexcept;  // the first whose last is not below
    void start_node(StreamId id, std::span<const std::string_view> fields_and_values);
    void erase_from_node(std::size_t node, const char* at, const StreamEntryView& entry);
    std::size_t trim_while(FunctionRef<bool(const Node&)> whole_node, FunctionRef<bool(StreamId)> one,
                           const StreamTrim& trim);
    void drop_first_node();

    Nodes nodes_;
    std::size_t size_ = 0;
    StreamId last_id_;
    StreamId max_deleted_id_;
    std::uint64_t entries_added_ = 0;
    Groups groups_;
};

}  // namespace sabil::cache
