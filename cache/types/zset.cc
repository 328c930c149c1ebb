#include "cache/types/zset.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "cache/types/packed_block.h"
#include "cache/types/ranked_set.h"

namespace sabil::cache {
namespace {

constexpr std::uintptr_t ranked_tag = 1;

bool is_ranked(std::uintptr_t word) noexcept {
    return (word & ranked_tag) != 0;
}
RankedSet& ranked(std::uintptr_t word) noexcept {
    return *reinterpret_cast<RankedSet*>(word & ~ranked_tag);
}
PackedBlock packed(std::uintptr_t word) noexcept {
    return PackedBlock(reinterpret_cast<void*>(word));
}
std::uintptr_t word_of(const PackedBlock& block) noexcept {
    return reinterpret_cast<std::uintptr_t>(block.get());
}
std::uintptr_t word_of(RankedSet* set) noexcept {
    return reinterpret_cast<std::uintptr_t>(set) | ranked_tag;
}

// In the packed form a score is an integer where it is a whole number, else the eight bytes of the double. Negative zero
// loses its sign there, as it does in Redis. A score's bytes live in the caller's array.
PackedElement score_element(double score, char (&raw)[8]) noexcept {
    constexpr double exact = 9007199254740992.0;  // 2^53
    if (std::fabs(score) <= exact && score == std::trunc(score)) {
        return PackedElement(static_cast<std::int64_t>(score));
    }
    std::memcpy(raw, &score, sizeof raw);
    return PackedElement::raw({raw, sizeof raw});
}

double score_at(const char* element) noexcept {
    const auto view = packed_view(element);
    if (view.is_integer()) return static_cast<double>(view.integer());
    double score;
    std::memcpy(&score, view.bytes().data(), sizeof score);
    return score;
}

bool goes_before(const char* element, double score, std::string_view member) {
    const auto there = score_at(PackedBlock::next(element));
    if (there != score) return there < score;
    DecimalBuffer scratch;
    return packed_view(element).text(scratch) < member;
}

const char* next_pair(const char* at) noexcept {
    return PackedBlock::next(PackedBlock::next(at));
}

void insert_sorted(PackedBlock& block, std::string_view member, double score) {
    const char* at = block.begin();
    while (at != block.end() && goes_before(at, score, member)) at = next_pair(at);
    char raw[8];
    const PackedElement elements[] = {PackedElement(member), score_element(score, raw)};
    block.insert(at, elements);
}

std::uintptr_t to_ranked(std::uintptr_t word) {
    auto* set = new RankedSet();
    const auto block = packed(word);
    for (const char* at = block.begin(); at != block.end(); at = next_pair(at)) {
        DecimalBuffer scratch;
        set->add(packed_view(at).text(scratch), score_at(PackedBlock::next(at)));
    }
    PackedBlock::free(block.get());
    return word_of(set);
}

bool below(const LexBound& bound, std::string_view member) noexcept {
    switch (bound.kind) {
        case LexBound::Kind::minimum:
            return false;
        case LexBound::Kind::maximum:
            return true;
        case LexBound::Kind::inclusive:
            return member < bound.value;
        case LexBound::Kind::exclusive:
            return member <= bound.value;
    }
    return false;
}

bool within(const LexBound& bound, std::string_view member) noexcept {
    switch (bound.kind) {
        case LexBound::Kind::minimum:
            return false;
        case LexBound::Kind::maximum:
            return true;
        case LexBound::Kind::inclusive:
            return member <= bound.value;
        case LexBound::Kind::exclusive:
            return member < bound.value;
    }
    return false;
}

// How many items at the front satisfy `before`, in either encoding.
template <class Before>
std::size_t count_while(std::uintptr_t word, Before before) {
    if (is_ranked(word)) {
        return ranked(word).tree().count_while(
            [&](const ScoreItem& item) { return before(item.node->member(), item.score); });
    }
    std::size_t count = 0;
    const auto block = packed(word);
    for (const char* at = block.begin(); at != block.end(); at = next_pair(at), ++count) {
        DecimalBuffer scratch;
        if (!before(packed_view(at).text(scratch), score_at(PackedBlock::next(at)))) break;
    }
    return count;
}

ZSet::RankRange between(std::size_t first, std::size_t end) noexcept {
    return {first, end > first ? end - first : 0};
}

}  // namespace

ZSet& ZSet::operator=(ZSet&& other) noexcept {
    std::swap(word_, other.word_);
    return *this;
}

ZSet::~ZSet() {
    if (is_ranked(word_)) {
        delete &ranked(word_);
    } else {
        PackedBlock::free(packed(word_).get());
    }
}

std::size_t ZSet::size() const noexcept {
    return is_ranked(word_) ? ranked(word_).index().size() : packed(word_).count() / 2;
}

std::optional<double> ZSet::score(std::string_view member) const noexcept {
    if (is_ranked(word_)) {
        const auto* node = ranked(word_).find(member);
        return node == nullptr ? std::nullopt : std::optional(node->score());
    }
    const char* at = packed(word_).find(PackedElement(member), 2);
    return at == nullptr ? std::nullopt : std::optional(score_at(PackedBlock::next(at)));
}

ZSet::Added ZSet::add(std::string_view member, double score, const EncodingLimits& limits) {
    if (!is_ranked(word_)) {
        auto block = packed(word_);
        if (const char* at = block.find(PackedElement(member), 2)) {
            if (score_at(PackedBlock::next(at)) == score) return Added::unchanged;
            block.erase(at, 2);
            insert_sorted(block, member, score);
            word_ = word_of(block);
            return Added::updated;
        }
        if (size() < limits.zset_max_listpack_entries && member.size() <= limits.zset_max_listpack_value) {
            insert_sorted(block, member, score);
            word_ = word_of(block);
            return Added::added;
        }
        word_ = to_ranked(word_);
    }
    auto& set = ranked(word_);
    const auto* node = set.find(member);
    if (node == nullptr) {
        set.add(member, score);
        return Added::added;
    }
    if (node->score() == score) return Added::unchanged;
    set.rescore(node, score);
    return Added::updated;
}

bool ZSet::erase(std::string_view member) {
    if (is_ranked(word_)) {
        const auto* node = ranked(word_).find(member);
        if (node == nullptr) return false;
        ranked(word_).erase(node);
        return true;
    }
    auto block = packed(word_);
    const char* at = block.find(PackedElement(member), 2);
    if (at == nullptr) return false;
    block.erase(at, 2);
    word_ = word_of(block);
    return true;
}

std::optional<std::size_t> ZSet::rank(std::string_view member) const noexcept {
    if (is_ranked(word_)) {
        const auto* node = ranked(word_).find(member);
        if (node == nullptr) return std::nullopt;
        return ranked(word_).tree().rank({node->score(), node});
    }
    const PackedElement wanted(member);
    const auto block = packed(word_);
    std::size_t rank = 0;
    for (const char* at = block.begin(); at != block.end(); at = next_pair(at), ++rank) {
        if (wanted.equals(at)) return rank;
    }
    return std::nullopt;
}

ZSet::RankRange ZSet::ranks(const ScoreRange& range) const noexcept {
    const auto first = count_while(word_, [&](std::string_view, double score) {
        return range.min_exclusive ? score <= range.min : score < range.min;
    });
    const auto end = count_while(word_, [&](std::string_view, double score) {
        return range.max_exclusive ? score < range.max : score <= range.max;
    });
    return between(first, end);
}

ZSet::RankRange ZSet::ranks(const LexRange& range) const noexcept {
    const auto first = count_while(word_, [&](std::string_view member, double) { return below(range.min, member); });
    const auto end = count_while(word_, [&](std::string_view member, double) { return within(range.max, member); });
    return between(first, end);
}

void ZSet::for_range(RankRange range, Visitor visit) const {
    if (is_ranked(word_)) {
        auto position = ranked(word_).tree().at(range.first);
        for (auto left = range.count; left > 0 && position.valid(); --left, position.next()) {
            if (!visit(ElementView(position.item().node->member()), position.item().score)) return;
        }
        return;
    }
    const auto block = packed(word_);
    std::size_t rank = 0;
    for (const char* at = block.begin(); at != block.end(); at = next_pair(at), ++rank) {
        if (rank < range.first) continue;
        if (rank - range.first >= range.count || !visit(packed_view(at), score_at(PackedBlock::next(at)))) return;
    }
}

void ZSet::for_range_reverse(RankRange range, Visitor visit) const {
    if (range.first >= size()) return;
    const auto count = std::min(range.count, size() - range.first);
    if (is_ranked(word_)) {
        if (count == 0) return;
        auto position = ranked(word_).tree().at(range.first + count - 1);
        for (auto left = count; left > 0 && position.valid(); --left, position.previous()) {
            if (!visit(ElementView(position.item().node->member()), position.item().score)) return;
        }
        return;
    }
    std::vector<const char*> pairs;
    pairs.reserve(count);
    const auto block = packed(word_);
    std::size_t rank = 0;
    for (const char* at = block.begin(); at != block.end() && pairs.size() < count; at = next_pair(at), ++rank) {
        if (rank >= range.first) pairs.push_back(at);
    }
    for (auto at = pairs.rbegin(); at != pairs.rend(); ++at) {
        if (!visit(packed_view(*at), score_at(PackedBlock::next(*at)))) return;
    }
}

void ZSet::erase_range(RankRange range) {
    if (range.first >= size()) return;
    const auto count = std::min(range.count, size() - range.first);
    if (is_ranked(word_)) {
        for (std::size_t i = 0; i < count; ++i) {
            ranked(word_).erase(ranked(word_).tree().at(range.first).item().node);
        }
        return;
    }
    if (count == 0) return;
    auto block = packed(word_);
    block.erase(block.at(static_cast<std::uint32_t>(range.first * 2)), static_cast<std::uint32_t>(count * 2));
    word_ = word_of(block);
}

std::uint64_t ZSet::scan(std::uint64_t cursor, std::size_t count, FunctionRef<void(ElementView, double)> visit) const {
    if (!is_ranked(word_)) {
        for_each([&](ElementView member, double score) {
            visit(member, score);
            return true;
        });
        return 0;
    }
    std::size_t visited = 0;
    std::size_t steps_left = 10 * (count + 1);
    do {
        cursor = ranked(word_).index().scan(cursor, [&](RankedSet::Index::Slot slot) {
            visit(ElementView(slot.item()->member()), slot.item()->score());
            ++visited;
        });
    } while (cursor < RankedSet::Index::positions_end && visited < count && --steps_left > 0);
    return cursor < RankedSet::Index::positions_end ? cursor : 0;
}

void ZSet::random(std::uint64_t random, FunctionRef<void(ElementView, double)> visit) const {
    if (is_ranked(word_)) {
        const auto* node = ranked(word_).index().random(random).item();
        visit(ElementView(node->member()), node->score());
        return;
    }
    const char* at = packed(word_).at(static_cast<std::uint32_t>(random % size()) * 2);
    visit(packed_view(at), score_at(PackedBlock::next(at)));
}

ZSet::Encoding ZSet::encoding() const noexcept {
    return is_ranked(word_) ? Encoding::skiplist : Encoding::listpack;
}

std::string_view ZSet::encoding_name() const noexcept {
    return is_ranked(word_) ? "skiplist" : "listpack";
}

std::size_t ZSet::heap_bytes() const noexcept {
    return is_ranked(word_) ? ranked(word_).heap_bytes() : packed(word_).heap_bytes();
}

// The nodes of the large form stay: index and tree would both have to follow.
std::size_t ZSet::defragment() {
    if (is_ranked(word_)) return 0;
    auto block = packed(word_);
    const bool moved = block.defragment();
    word_ = word_of(block);
    return moved ? 1 : 0;
}

ZSet ZSet::clone() const {
    ZSet copy;
    if (!is_ranked(word_)) {
        copy.word_ = reinterpret_cast<std::uintptr_t>(packed(word_).clone());
        return copy;
    }
    auto* set = new RankedSet();
    for (auto at = ranked(word_).tree().at(0); at.valid(); at.next())
        set->add(at.item().node->member(), at.item().score);
    copy.word_ = word_of(set);
    return copy;
}

}  // namespace sabil::cache
