#include "cache/types/list.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "cache/types/list_chunk.h"
#include "cache/types/quick_list.h"

namespace sabil::cache {
namespace {

constexpr std::uintptr_t quick_tag = 1;

bool is_quick(std::uintptr_t word) noexcept {
    return (word & quick_tag) != 0;
}
QuickList& quick(std::uintptr_t word) noexcept {
    return *reinterpret_cast<QuickList*>(word & ~quick_tag);
}
ListChunk chunk_of(std::uintptr_t word) noexcept {
    return ListChunk(reinterpret_cast<void*>(word));
}
std::uintptr_t word_of(const ListChunk& chunk) noexcept {
    return reinterpret_cast<std::uintptr_t>(chunk.get());
}

std::uintptr_t to_quick(std::uintptr_t word) {
    auto* list = new QuickList();
    list->adopt(chunk_of(word).get());
    return reinterpret_cast<std::uintptr_t>(list) | quick_tag;
}

// Where an element lies: its chunk and its bytes.
struct Found {
    ListChunk chunk;
    const char* element;
    std::size_t node;
};

Found locate(std::uintptr_t word, std::size_t index) noexcept {
    if (!is_quick(word)) {
        const auto chunk = chunk_of(word);
        return {chunk, chunk.at(static_cast<std::uint32_t>(index)), 0};
    }
    const auto place = quick(word).place(index);
    const ListChunk chunk(quick(word).nodes()[place.node].chunk);
    return {chunk, chunk.at(place.index), place.node};
}

}  // namespace

List& List::operator=(List&& other) noexcept {
    std::swap(word_, other.word_);
    return *this;
}

List::~List() {
    if (is_quick(word_)) {
        delete &quick(word_);
    } else {
        ListChunk::free(chunk_of(word_).get());
    }
}

std::size_t List::size() const noexcept {
    return is_quick(word_) ? quick(word_).size() : chunk_of(word_).count();
}

void List::insert(std::size_t index, std::string_view text, const EncodingLimits& limits) {
    const PackedElement element(text);
    const ChunkLimit limit(limits.list_max_listpack_size);
    if (!is_quick(word_)) {
        auto chunk = chunk_of(word_);
        if (limit.allows(chunk.bytes() + ListChunk::size_of(element), chunk.count() + 1)) {
            chunk.insert(chunk.at(static_cast<std::uint32_t>(index)), element);
            word_ = word_of(chunk);
            return;
        }
        if (chunk.count() == 0) {  // one element larger than a chunk should be
            chunk.insert(chunk.begin(), element);
            word_ = to_quick(word_of(chunk));
            return;
        }
        word_ = to_quick(word_);
    }
    quick(word_).insert(index, element, limit);
}

void List::push(ListEnd end, std::string_view element, const EncodingLimits& limits) {
    insert(end == ListEnd::front ? 0 : size(), element, limits);
}

bool List::pop(ListEnd end, FunctionRef<void(ElementView)> take) {
    if (empty()) return false;
    const auto index = end == ListEnd::front ? 0 : size() - 1;
    take(packed_view(locate(word_, index).element));
    erase(index, 1);
    return true;
}

std::optional<std::string> List::pop(ListEnd end) {
    std::optional<std::string> popped;
    pop(end, [&](ElementView element) { popped = element.str(); });
    return popped;
}

std::optional<ElementView> List::at(std::size_t index) const noexcept {
    if (index >= size()) return std::nullopt;
    return packed_view(locate(word_, index).element);
}

void List::set(std::size_t index, std::string_view text, const EncodingLimits& limits) {
    const PackedElement element(text);
    const ChunkLimit limit(limits.list_max_listpack_size);
    if (!is_quick(word_)) {
        auto chunk = chunk_of(word_);
        if (limit.allows(chunk.bytes() + ListChunk::size_of(element), chunk.count() + 1)) {
            chunk.replace(chunk.at(static_cast<std::uint32_t>(index)), element);
            word_ = word_of(chunk);
            return;
        }
        word_ = to_quick(word_);
    }
    quick(word_).replace(index, element, limit);
}

void List::erase(std::size_t index, std::size_t count) {
    if (index >= size()) return;
    count = std::min(count, size() - index);
    if (count == 0) return;
    if (is_quick(word_)) {
        quick(word_).erase(index, count);
        if (quick(word_).nodes().empty()) {
            delete &quick(word_);
            word_ = 0;
        }
        return;
    }
    auto chunk = chunk_of(word_);
    chunk.erase(chunk.at(static_cast<std::uint32_t>(index)), static_cast<std::uint32_t>(count));
    word_ = word_of(chunk);
}

std::size_t List::remove(std::string_view text, std::size_t count, ListEnd from) {
    const PackedElement wanted(text);
    std::vector<std::size_t> matches;
    const auto most = count == 0 ? SIZE_MAX : count;
    auto look = [&](ElementView, std::size_t index, const char* bytes) {
        if (wanted.equals(bytes)) matches.push_back(index);
        return matches.size() < most;
    };
    walk(from == ListEnd::front ? 0 : size() - 1, size(), from == ListEnd::back, look);
    // From the back, so that the indexes of those before stay what they are.
    std::sort(matches.begin(), matches.end());
    for (auto index = matches.rbegin(); index != matches.rend(); ++index) erase(*index, 1);
    return matches.size();
}

void List::walk(std::size_t first, std::size_t count, bool backwards,
                FunctionRef<bool(ElementView, std::size_t, const char*)> visit) const {
    if (first >= size() || count == 0) return;
    auto [chunk, element, node] = locate(word_, first);
    for (auto index = first;; index = backwards ? index - 1 : index + 1) {
        if (!visit(packed_view(element), index, element) || --count == 0) return;
        if (backwards ? index == 0 : index + 1 == size()) return;
        if (!backwards) {
            element = ListChunk::next(element);
            if (element != chunk.end()) continue;
            chunk = ListChunk(quick(word_).nodes()[++node].chunk);
            element = chunk.begin();
        } else {
            if (element == chunk.begin()) {
                chunk = ListChunk(quick(word_).nodes()[--node].chunk);
                element = chunk.end();
            }
            element = ListChunk::previous(element);
        }
    }
}

void List::for_range(std::size_t first, std::size_t count, Visitor visit) const {
    walk(first, count, false, [&](ElementView element, std::size_t, const char*) { return visit(element); });
}

void List::for_range_reverse(std::size_t last, std::size_t count, Visitor visit) const {
    walk(last, count, true, [&](ElementView element, std::size_t, const char*) { return visit(element); });
}

void List::compact(const EncodingLimits& limits) {
    if (!is_quick(word_)) return;
    auto& list = quick(word_);
    if (list.nodes().size() != 1) return;
    const ChunkLimit limit(limits.list_max_listpack_size);
    const auto& node = list.nodes().front();
    // Well below the limit, so that it does not flutter.
    if (ListChunk(node.chunk).bytes() > limit.most_bytes / 2 || node.count > limit.most_elements / 2) return;
    word_ = reinterpret_cast<std::uintptr_t>(list.release_only_chunk());
    delete &list;
}

List::Encoding List::encoding() const noexcept {
    return is_quick(word_) ? Encoding::quicklist : Encoding::listpack;
}

std::string_view List::encoding_name() const noexcept {
    return is_quick(word_) ? "quicklist" : "listpack";
}

std::size_t List::heap_bytes() const noexcept {
    return is_quick(word_) ? quick(word_).heap_bytes() : chunk_of(word_).heap_bytes();
}

std::size_t List::defragment() {
    void* chunk = is_quick(word_) ? nullptr : chunk_of(word_).get();
    if (chunk == nullptr || !heap::worth_moving(chunk)) return 0;
    word_ = reinterpret_cast<std::uintptr_t>(heap::move(chunk));
    return 1;
}

List List::clone() const {
    List copy;
    if (!is_quick(word_)) {
        copy.word_ = reinterpret_cast<std::uintptr_t>(chunk_of(word_).clone());
        return copy;
    }
    auto* list = new QuickList();
    for (const auto& node : quick(word_).nodes()) list->adopt(ListChunk(node.chunk).clone());
    copy.word_ = reinterpret_cast<std::uintptr_t>(list) | quick_tag;
    return copy;
}

}  // namespace sabil::cache
