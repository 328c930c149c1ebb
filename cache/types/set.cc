#include "cache/types/set.h"

#include <utility>

#include "cache/types/integer_set.h"
#include "cache/types/member_table.h"
#include "cache/types/packed_block.h"
#include "cache/types/sampled_bytes.h"
#include "cache/types/sparse_items.h"

namespace sabil::cache {
namespace {

constexpr std::uintptr_t packed_tag = 1;
constexpr std::uintptr_t table_tag = 2;
constexpr std::uintptr_t tags = 3;

void* pointer(std::uintptr_t word) noexcept {
    return reinterpret_cast<void*>(word & ~tags);
}
IntegerSet integers(std::uintptr_t word) noexcept {
    return IntegerSet(pointer(word));
}
PackedBlock packed(std::uintptr_t word) noexcept {
    return PackedBlock(pointer(word));
}
MemberTable& table(std::uintptr_t word) noexcept {
    return *static_cast<MemberTable*>(pointer(word));
}
std::uintptr_t tagged(const void* block, std::uintptr_t tag) noexcept {
    return reinterpret_cast<std::uintptr_t>(block) | tag;
}

void release(std::uintptr_t word) noexcept {
    if ((word & tags) == table_tag) {
        delete &table(word);
    } else {
        PackedBlock::free(pointer(word));  // integers are plain blocks as well
    }
}

std::uintptr_t to_packed(std::uintptr_t word) {
    PackedBlock block(nullptr);
    const auto from = integers(word);
    for (std::uint32_t i = 0; i < from.count(); ++i) {
        const PackedElement element[] = {PackedElement(from.at(i))};
        block.insert(block.end(), element);
    }
    release(word);
    return tagged(block.get(), packed_tag);
}

}  // namespace

Set& Set::operator=(Set&& other) noexcept {
    std::swap(word_, other.word_);
    return *this;
}

Set::~Set() {
    release(word_);
}

Set::Encoding Set::encoding() const noexcept {
    switch (word_ & tags) {
        case packed_tag:
            return Encoding::listpack;
        case table_tag:
            return Encoding::hashtable;
        default:
            return Encoding::intset;
    }
}

std::string_view Set::encoding_name() const noexcept {
    switch (encoding()) {
        case Encoding::listpack:
            return "listpack";
        case Encoding::hashtable:
            return "hashtable";
        case Encoding::intset:
            break;
    }
    return "intset";
}

std::size_t Set::size() const noexcept {
    switch (encoding()) {
        case Encoding::listpack:
            return packed(word_).count();
        case Encoding::hashtable:
            return table(word_).index().size();
        case Encoding::intset:
            break;
    }
    return integers(word_).count();
}

bool Set::contains(std::string_view member) const noexcept {
    switch (encoding()) {
        case Encoding::listpack:
            return packed(word_).find(PackedElement(member), 1) != nullptr;
        case Encoding::hashtable:
            return table(word_).contains(member);
        case Encoding::intset:
            break;
    }
    const auto value = parse_integer(member);
    return value && integers(word_).contains(*value);
}

bool Set::add(std::string_view member, const EncodingLimits& limits) {
    const auto integer = word_ == 0 || encoding() == Encoding::intset ? parse_integer(member) : std::nullopt;
    if (encoding() == Encoding::intset) {
        auto set = integers(word_);
        if (integer && (set.count() < limits.set_max_intset_entries || set.contains(*integer))) {
            const bool added = set.add(*integer);
            word_ = tagged(set.get(), 0);
            return added;
        }
        const bool fits =
            set.count() < limits.set_max_listpack_entries && member.size() <= limits.set_max_listpack_value;
        word_ = fits ? to_packed(word_) : tagged(to_table().release(), table_tag);
    }
    if (encoding() == Encoding::listpack) {
        auto block = packed(word_);
        const PackedElement element[] = {PackedElement(member)};
        if (block.find(element[0], 1) != nullptr) return false;
        if (block.count() < limits.set_max_listpack_entries && member.size() <= limits.set_max_listpack_value) {
            block.insert(block.end(), element);
            word_ = tagged(block.get(), packed_tag);
            return true;
        }
        word_ = tagged(to_table().release(), table_tag);
    }
    return table(word_).add(member);
}

// All members in a new table; the small form is freed.
std::unique_ptr<MemberTable> Set::to_table() {
    auto members = std::make_unique<MemberTable>();
    for_each([&](ElementView member) {
        DecimalBuffer scratch;
        members->add(member.text(scratch));
        return true;
    });
    release(word_);
    word_ = 0;
    return members;
}

bool Set::erase(std::string_view member) {
    switch (encoding()) {
        case Encoding::hashtable:
            return table(word_).erase(member);
        case Encoding::listpack: {
            auto block = packed(word_);
            const char* at = block.find(PackedElement(member), 1);
            if (at == nullptr) return false;
            block.erase(at, 1);
            word_ = tagged(block.get(), packed_tag);
            return true;
        }
        case Encoding::intset:
            break;
    }
    const auto value = parse_integer(member);
    auto set = integers(word_);
    if (!value || !set.erase(*value)) return false;
    word_ = tagged(set.get(), 0);
    return true;
}

void Set::for_each(Visitor visit) const {
    switch (encoding()) {
        case Encoding::intset: {
            const auto set = integers(word_);
            for (std::uint32_t i = 0; i < set.count(); ++i) {
                if (!visit(ElementView::of_integer(set.at(i)))) return;
            }
            return;
        }
        case Encoding::listpack: {
            const auto block = packed(word_);
            for (const char* at = block.begin(); at != block.end(); at = PackedBlock::next(at)) {
                if (!visit(packed_view(at))) return;
            }
            return;
        }
        case Encoding::hashtable:
            break;
    }
    bool going = true;
    table(word_).index().for_each_slot([&](MemberTable::Index::Slot slot) {
        if (going) going = visit(ElementView(slot.item()->bytes()));
    });
}

std::uint64_t Set::scan(std::uint64_t cursor, std::size_t count, FunctionRef<void(ElementView)> visit) const {
    if (encoding() != Encoding::hashtable) {
        for_each([&](ElementView member) {
            visit(member);
            return true;
        });
        return 0;
    }
    std::size_t visited = 0;
    std::size_t steps_left = 10 * (count + 1);
    do {
        cursor = table(word_).index().scan(cursor, [&](MemberTable::Index::Slot slot) {
            visit(ElementView(slot.item()->bytes()));
            ++visited;
        });
    } while (cursor < MemberTable::Index::positions_end && visited < count && --steps_left > 0);
    return cursor < MemberTable::Index::positions_end ? cursor : 0;
}

ElementView Set::random(std::uint64_t random) const noexcept {
    switch (encoding()) {
        case Encoding::listpack:
            return packed_view(packed(word_).at(static_cast<std::uint32_t>(random % size())));
        case Encoding::hashtable:
            return ElementView(table(word_).index().random(random).item()->bytes());
        case Encoding::intset:
            break;
    }
    return ElementView::of_integer(integers(word_).at(static_cast<std::uint32_t>(random % size())));
}

std::size_t Set::heap_bytes() const noexcept {
    if (encoding() != Encoding::hashtable) return packed(word_).heap_bytes();
    return heap::usable_bytes(&table(word_)) + sampled_bytes(table(word_).index());
}

std::size_t Set::defragment() {
    const auto tag = word_ & tags;
    if (tag == table_tag) return move_sparse_items(table(word_).index());
    auto block = packed(word_);  // integers are plain blocks as well
    const bool moved = block.defragment();
    word_ = tagged(block.get(), tag);
    return moved ? 1 : 0;
}

Set Set::clone() const {
    Set copy;
    switch (encoding()) {
        case Encoding::intset:
            copy.word_ = tagged(integers(word_).clone(), 0);
            break;
        case Encoding::listpack:
            copy.word_ = tagged(packed(word_).clone(), packed_tag);
            break;
        case Encoding::hashtable: {
            auto* members = new MemberTable();
            table(word_).index().for_each_slot(
                [&](MemberTable::Index::Slot slot) { members->add(slot.item()->bytes()); });
            copy.word_ = tagged(members, table_tag);
            break;
        }
    }
    return copy;
}

}  // namespace sabil::cache
