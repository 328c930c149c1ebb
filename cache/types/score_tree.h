// A counted B+ tree: sorted-set nodes in (score, member) order with ranks. Used by RankedSet only.
//
// Leaves hold (score, node) pairs, so that most comparisons touch nothing else, and are linked both ways for walking.
// Inner nodes hold, per child, its least item and how many items are below it, so ranks are sums on the way down. A
// leaf that is full and grows at its end splits unevenly, so that ascending inserts leave full leaves behind.
#pragma once

#include <cstdint>
#include <string_view>

#include "cache/base/function_ref.h"

namespace sabil::cache {

class ScoredNode;

struct ScoreItem {
    double score;
    const ScoredNode* node;
};

// Thread-safety: one thread at a time.
class ScoreTree {
  public:
    // A place in the order; invalid past the end. Valid until the next change.
    class Position {
      public:
        bool valid() const noexcept { return leaf_ != nullptr; }
        const ScoreItem& item() const noexcept;
        void next() noexcept;
        void previous() noexcept;

      private:
        friend class ScoreTree;
        const struct ScoreLeaf* leaf_ = nullptr;
        unsigned index_ = 0;
    };

    ScoreTree() noexcept = default;
    ScoreTree(const ScoreTree&) = delete;
    ScoreTree& operator=(const ScoreTree&) = delete;
    ~ScoreTree();

    std::size_t size() const noexcept { return size_; }
    void insert(const ScoreItem& item);                      // no equal item may be there
    void erase(const ScoreItem& item);                       // must be there
    std::size_t rank(const ScoreItem& item) const noexcept;  // must be there
    Position at(std::size_t rank) const noexcept;
    // How many items at the front satisfy `before`, which must hold for a prefix of the order.
    std::size_t count_while(FunctionRef<bool(const ScoreItem&)> before) const noexcept;
    std::size_t heap_bytes() const noexcept { return heap_bytes_; }

  private:
    struct Split {
        void* right = nullptr;  // a new sibling, or none
    };
    Split insert_into(void* node, unsigned height, const ScoreItem& item);
    Split insert_into_leaf(struct ScoreLeaf* leaf, const ScoreItem& item);
    Split insert_child(struct ScoreInner* inner, unsigned at, void* child, unsigned child_height);
    void erase_from(void* node, unsigned height, const ScoreItem& item);
    void remove_child(struct ScoreInner* inner, unsigned at, unsigned child_height);
    void merge_children(struct ScoreInner* inner, unsigned at, unsigned child_height);
    void free_node(void* node, unsigned height) noexcept;
    template <class T>
    T* make();
    template <class T>
    void drop(T* node) noexcept;

    void* root_ = nullptr;
    unsigned height_ = 0;  // 0: the root is a leaf
    std::size_t size_ = 0;
    std::size_t heap_bytes_ = 0;
};

}  // namespace sabil::cache
