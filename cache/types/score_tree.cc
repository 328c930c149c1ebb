#include "cache/types/score_tree.h"

#include <algorithm>
#include <new>

#include "cache/types/ranked_set.h"

namespace sabil::cache {
namespace {

constexpr unsigned leaf_items = 62;      // a leaf takes 1,016 bytes
constexpr unsigned inner_children = 31;  // an inner node takes 1,000 bytes

bool less(const ScoreItem& a, const ScoreItem& b) noexcept {
    if (a.score != b.score) return a.score < b.score;
    return a.node != b.node && a.node->member() < b.node->member();
}

}  // namespace

struct ScoreLeaf {
    unsigned count = 0;
    ScoreLeaf* previous = nullptr;
    ScoreLeaf* next = nullptr;
    ScoreItem items[leaf_items];

    unsigned lower_bound(const ScoreItem& item) const noexcept {
        return static_cast<unsigned>(std::lower_bound(items, items + count, item, less) - items);
    }
    void insert(unsigned at, const ScoreItem& item) noexcept {
        std::copy_backward(items + at, items + count, items + count + 1);
        items[at] = item;
        ++count;
    }
};

struct ScoreInner {
    unsigned count = 0;
    void* children[inner_children];
    std::uint64_t below[inner_children];  // items under the child
    ScoreItem least[inner_children];

    // The child that an item belongs to.
    unsigned child_for(const ScoreItem& item) const noexcept {
        const auto* after = std::upper_bound(least + 1, least + count, item, less);
        return static_cast<unsigned>(after - least) - 1;
    }
    void insert(unsigned at, void* child, std::uint64_t items, const ScoreItem& first) noexcept {
        std::copy_backward(children + at, children + count, children + count + 1);
        std::copy_backward(below + at, below + count, below + count + 1);
        std::copy_backward(least + at, least + count, least + count + 1);
        children[at] = child;
        below[at] = items;
        least[at] = first;
        ++count;
    }
    void erase(unsigned at) noexcept {
        std::copy(children + at + 1, children + count, children + at);
        std::copy(below + at + 1, below + count, below + at);
        std::copy(least + at + 1, least + count, least + at);
        --count;
    }
    std::uint64_t total() const noexcept {
        std::uint64_t sum = 0;
        for (unsigned i = 0; i < count; ++i) sum += below[i];
        return sum;
    }
    void take_from(ScoreInner& other, unsigned from) noexcept {
        for (unsigned i = from; i < other.count; ++i) insert(count, other.children[i], other.below[i], other.least[i]);
        other.count = from;
    }
};

namespace {

ScoreLeaf* as_leaf(void* node) noexcept {
    return static_cast<ScoreLeaf*>(node);
}
ScoreInner* as_inner(void* node) noexcept {
    return static_cast<ScoreInner*>(node);
}

std::uint64_t items_in(void* node, unsigned height) noexcept {
    return height == 0 ? as_leaf(node)->count : as_inner(node)->total();
}
const ScoreItem& least_in(void* node, unsigned height) noexcept {
    return height == 0 ? as_leaf(node)->items[0] : as_inner(node)->least[0];
}

}  // namespace

const ScoreItem& ScoreTree::Position::item() const noexcept {
    return leaf_->items[index_];
}

void ScoreTree::Position::next() noexcept {
    if (++index_ < leaf_->count) return;
    leaf_ = leaf_->next;
    index_ = 0;
}

void ScoreTree::Position::previous() noexcept {
    if (index_-- > 0) return;
    leaf_ = leaf_->previous;
    index_ = leaf_ == nullptr ? 0 : leaf_->count - 1;
}

template <class T>
T* ScoreTree::make() {
    auto* node = new (heap::allocate(sizeof(T))) T;
    heap_bytes_ += heap::usable_bytes(node);
    return node;
}

template <class T>
void ScoreTree::drop(T* node) noexcept {
    heap_bytes_ -= heap::usable_bytes(node);
    heap::deallocate(node);
}

ScoreTree::~ScoreTree() {
    if (root_ != nullptr) free_node(root_, height_);
}

void ScoreTree::free_node(void* node, unsigned height) noexcept {
    if (height == 0) {
        drop(as_leaf(node));
        return;
    }
    auto* inner = as_inner(node);
    for (unsigned i = 0; i < inner->count; ++i) free_node(inner->children[i], height - 1);
    drop(inner);
}

void ScoreTree::insert(const ScoreItem& item) {
    if (root_ == nullptr) root_ = make<ScoreLeaf>();
    const auto split = insert_into(root_, height_, item);
    ++size_;
    if (split.right == nullptr) return;
    auto* root = make<ScoreInner>();
    for (auto* child : {root_, split.right}) {
        root->insert(root->count, child, items_in(child, height_), least_in(child, height_));
    }
    root_ = root;
    ++height_;
}

ScoreTree::Split ScoreTree::insert_into_leaf(ScoreLeaf* leaf, const ScoreItem& item) {
    const auto at = leaf->lower_bound(item);
    if (leaf->count < leaf_items) {
        leaf->insert(at, item);
        return {};
    }
    auto* right = make<ScoreLeaf>();
    right->next = leaf->next;
    right->previous = leaf;
    if (right->next != nullptr) right->next->previous = right;
    leaf->next = right;
    const bool ascending = at == leaf_items && right->next == nullptr;
    const unsigned kept = ascending ? leaf_items : leaf_items / 2;
    std::copy(leaf->items + kept, leaf->items + leaf->count, right->items);
    right->count = leaf->count - kept;
    leaf->count = kept;
    if (at <= kept && !ascending) {
        leaf->insert(at, item);
    } else {
        right->insert(at - kept, item);
    }
    return {right};
}

ScoreTree::Split ScoreTree::insert_into(void* node, unsigned height, const ScoreItem& item) {
    if (height == 0) return insert_into_leaf(as_leaf(node), item);
    auto* inner = as_inner(node);
    const auto at = inner->child_for(item);
    const auto split = insert_into(inner->children[at], height - 1, item);
    inner->least[at] = least_in(inner->children[at], height - 1);
    if (split.right == nullptr) {
        ++inner->below[at];
        return {};
    }
    inner->below[at] = items_in(inner->children[at], height - 1);
    return insert_child(inner, at + 1, split.right, height - 1);
}

ScoreTree::Split ScoreTree::insert_child(ScoreInner* inner, unsigned at, void* child, unsigned child_height) {
    const auto items = items_in(child, child_height);
    const auto& first = least_in(child, child_height);
    if (inner->count < inner_children) {
        inner->insert(at, child, items, first);
        return {};
    }
    auto* right = make<ScoreInner>();
    const unsigned kept = at == inner_children ? inner_children - 1 : inner_children / 2;
    right->take_from(*inner, kept);
    if (at <= kept) {
        inner->insert(at, child, items, first);
    } else {
        right->insert(at - kept, child, items, first);
    }
    return {right};
}

void ScoreTree::erase(const ScoreItem& item) {
    erase_from(root_, height_, item);
    --size_;
    while (height_ > 0 && as_inner(root_)->count == 1) {
        auto* child = as_inner(root_)->children[0];
        drop(as_inner(root_));
        root_ = child;
        --height_;
    }
    if (size_ == 0) {
        free_node(root_, height_);
        root_ = nullptr;
        height_ = 0;
    }
}

void ScoreTree::erase_from(void* node, unsigned height, const ScoreItem& item) {
    if (height == 0) {
        auto* leaf = as_leaf(node);
        const auto at = leaf->lower_bound(item);
        std::copy(leaf->items + at + 1, leaf->items + leaf->count, leaf->items + at);
        --leaf->count;
        return;
    }
    auto* inner = as_inner(node);
    const auto at = inner->child_for(item);
    erase_from(inner->children[at], height - 1, item);
    if (--inner->below[at] == 0) {
        remove_child(inner, at, height - 1);
        return;
    }
    inner->least[at] = least_in(inner->children[at], height - 1);
    if (inner->count > 1) merge_children(inner, at + 1 < inner->count ? at : at - 1, height - 1);
}

// A child without items: a leaf, or an inner node that has just lost its only child.
void ScoreTree::remove_child(ScoreInner* inner, unsigned at, unsigned child_height) {
    auto* child = inner->children[at];
    if (child_height == 0) {
        auto* leaf = as_leaf(child);
        if (leaf->previous != nullptr) leaf->previous->next = leaf->next;
        if (leaf->next != nullptr) leaf->next->previous = leaf->previous;
    }
    free_node(child, child_height);
    inner->erase(at);
}

// Joins the children `at` and at + 1 where one is sparse and both fit into one with room left.
void ScoreTree::merge_children(ScoreInner* inner, unsigned at, unsigned child_height) {
    auto* left = inner->children[at];
    auto* right = inner->children[at + 1];
    const bool leaves = child_height == 0;
    const auto left_count = leaves ? as_leaf(left)->count : as_inner(left)->count;
    const auto right_count = leaves ? as_leaf(right)->count : as_inner(right)->count;
    const unsigned capacity = leaves ? leaf_items : inner_children;
    const bool sparse = std::min(left_count, right_count) < capacity / 4;
    if (!sparse || left_count + right_count > capacity - capacity / 4) return;
    if (leaves) {
        auto* from = as_leaf(right);
        auto* to = as_leaf(left);
        std::copy(from->items, from->items + from->count, to->items + to->count);
        to->count += from->count;
        to->next = from->next;
        if (to->next != nullptr) to->next->previous = to;
        drop(from);
    } else {
        as_inner(left)->take_from(*as_inner(right), 0);
        drop(as_inner(right));
    }
    inner->below[at] += inner->below[at + 1];
    inner->erase(at + 1);
}

std::size_t ScoreTree::rank(const ScoreItem& item) const noexcept {
    std::size_t rank = 0;
    void* node = root_;
    for (auto height = height_; height > 0; --height) {
        const auto* inner = as_inner(node);
        const auto at = inner->child_for(item);
        for (unsigned i = 0; i < at; ++i) rank += inner->below[i];
        node = inner->children[at];
    }
    return rank + as_leaf(node)->lower_bound(item);
}

ScoreTree::Position ScoreTree::at(std::size_t rank) const noexcept {
    Position position;
    if (rank >= size_) return position;
    void* node = root_;
    for (auto height = height_; height > 0; --height) {
        const auto* inner = as_inner(node);
        unsigned at = 0;
        while (rank >= inner->below[at]) rank -= inner->below[at++];
        node = inner->children[at];
    }
    position.leaf_ = as_leaf(node);
    position.index_ = static_cast<unsigned>(rank);
    return position;
}

std::size_t ScoreTree::count_while(FunctionRef<bool(const ScoreItem&)> before) const noexcept {
    if (size_ == 0) return 0;
    std::size_t count = 0;
    void* node = root_;
    for (auto height = height_; height > 0; --height) {
        const auto* inner = as_inner(node);
        const auto* after = std::partition_point(inner->least + 1, inner->least + inner->count, before);
        const auto at = static_cast<unsigned>(after - inner->least) - 1;
        for (unsigned i = 0; i < at; ++i) count += inner->below[i];
        node = inner->children[at];
    }
    const auto* leaf = as_leaf(node);
    return count +
           static_cast<std::size_t>(std::partition_point(leaf->items, leaf->items + leaf->count, before) - leaf->items);
}

}  // namespace sabil::cache
