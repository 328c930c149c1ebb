// The large form of a sorted set: an index of members and a tree in score order over the same nodes. Used by ZSet only.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "cache/base/heap.h"
#include "cache/base/seeded_hash.h"
#include "cache/types/member_table.h"
#include "cache/types/score_tree.h"
#include "cache/types/tag_index.h"

namespace sabil::cache {

// Score (8 bytes), then the member as in MemberNode, in one block.
class ScoredNode {
  public:
    static ScoredNode* make(std::string_view member, double score) {
        auto* block = static_cast<char*>(heap::allocate_packed(sizeof(double) + MemberNode::bytes_for(member.size())));
        std::memcpy(block, &score, sizeof score);
        MemberNode::write(block + sizeof score, member);
        return reinterpret_cast<ScoredNode*>(block);
    }
    double score() const noexcept {
        double value;
        std::memcpy(&value, this, sizeof value);
        return value;
    }
    void set_score(double score) noexcept { std::memcpy(static_cast<void*>(this), &score, sizeof score); }
    std::string_view member() const noexcept {
        return MemberNode::read(reinterpret_cast<const char*>(this) + sizeof(double));
    }
};

struct ScoredTraits {
    using Item = ScoredNode;
    static TagPlace place(const ScoredNode* node) noexcept { return TagPlace(seeded_hash(node->member())); }
};

// Thread-safety: one thread at a time.
class RankedSet : public heap::Counted {
  public:
    using Index = TagIndex<ScoredTraits>;

    RankedSet() = default;
    RankedSet(const RankedSet&) = delete;
    RankedSet& operator=(const RankedSet&) = delete;
    ~RankedSet();

    const Index& index() const noexcept { return index_; }
    const ScoreTree& tree() const noexcept { return tree_; }
    const ScoredNode* find(std::string_view member) const noexcept;
    // Requires that find(member) is what it was found to be.
    void add(std::string_view member, double score);
    void rescore(const ScoredNode* node, double score);
    void erase(const ScoredNode* node);
    std::size_t heap_bytes() const noexcept;

  private:
    Index index_;
    ScoreTree tree_;
};

}  // namespace sabil::cache
