#include "cache/types/ranked_set.h"

#include "cache/types/sampled_bytes.h"

namespace sabil::cache {

RankedSet::~RankedSet() {
    index_.for_each_slot([](Index::Slot slot) { heap::deallocate(slot.item()); });
}

const ScoredNode* RankedSet::find(std::string_view member) const noexcept {
    const auto slot = index_.find(TagPlace(seeded_hash(member)),
                                  [member](const ScoredNode& node) { return node.member() == member; });
    return slot ? slot.item() : nullptr;
}

void RankedSet::add(std::string_view member, double score) {
    auto* node = ScoredNode::make(member, score);
    index_.insert(TagPlace(seeded_hash(member)), node);
    tree_.insert({score, node});
}

void RankedSet::rescore(const ScoredNode* node, double score) {
    tree_.erase({node->score(), node});
    const_cast<ScoredNode*>(node)->set_score(score);
    tree_.insert({score, node});
}

void RankedSet::erase(const ScoredNode* node) {
    tree_.erase({node->score(), node});
    const TagPlace place(seeded_hash(node->member()));
    index_.erase(place, index_.find(place, [node](const ScoredNode& other) { return &other == node; }));
    heap::deallocate(const_cast<ScoredNode*>(node));
}

std::size_t RankedSet::heap_bytes() const noexcept {
    return heap::usable_bytes(this) + sampled_bytes(index_) + tree_.heap_bytes();
}

}  // namespace sabil::cache
