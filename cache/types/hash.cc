#include "cache/types/hash.h"

#include <utility>

#include "cache/types/hash_table.h"
#include "cache/types/packed_block.h"
#include "cache/types/sparse_items.h"

namespace sabil::cache {
namespace {

constexpr std::uintptr_t table_tag = 1;

bool is_table(std::uintptr_t word) noexcept {
    return (word & table_tag) != 0;
}
HashTable& table_of(std::uintptr_t word) noexcept {
    return *reinterpret_cast<HashTable*>(word & ~table_tag);
}
PackedBlock block_of(std::uintptr_t word) noexcept {
    return PackedBlock(reinterpret_cast<void*>(word));
}
std::uintptr_t word_of(const PackedBlock& block) noexcept {
    return reinterpret_cast<std::uintptr_t>(block.get());
}

std::int64_t unix_ms(WallTime at) noexcept {
    return at.time_since_epoch().count();
}
WallTime from_unix_ms(std::int64_t ms) noexcept {
    return WallTime(std::chrono::milliseconds(ms));
}

void release(std::uintptr_t word) noexcept {
    if (is_table(word)) {
        delete &table_of(word);
    } else {
        PackedBlock::free(block_of(word).get());
    }
}

std::uintptr_t to_table(std::uintptr_t word) {
    if (is_table(word)) return word;
    auto* table = new HashTable();
    const auto block = block_of(word);
    for (const char* at = block.begin(); at != block.end();) {
        const char* value = PackedBlock::next(at);
        DecimalBuffer field_scratch;
        DecimalBuffer value_scratch;
        table->set(packed_view(at).text(field_scratch), packed_view(value).text(value_scratch), std::nullopt, false);
        at = PackedBlock::next(value);
    }
    PackedBlock::free(block.get());
    return reinterpret_cast<std::uintptr_t>(table) | table_tag;
}

}  // namespace

Hash& Hash::operator=(Hash&& other) noexcept {
    std::swap(word_, other.word_);
    return *this;
}

Hash::~Hash() {
    if (word_ != 0) release(word_);
}

std::size_t Hash::size() const noexcept {
    return is_table(word_) ? table_of(word_).index().size() : block_of(word_).count() / 2;
}

std::optional<ElementView> Hash::get(std::string_view field) const noexcept {
    if (is_table(word_)) {
        const auto* node = table_of(word_).find(field);
        if (node == nullptr) return std::nullopt;
        return ElementView(node->value());
    }
    const char* at = block_of(word_).find(PackedElement(field), 2);
    if (at == nullptr) return std::nullopt;
    return packed_view(PackedBlock::next(at));
}

bool Hash::set(std::string_view field, std::string_view value, const EncodingLimits& limits, bool keep_expiry) {
    const std::size_t most_bytes = limits.hash_max_listpack_value;
    if (!is_table(word_) && (field.size() > most_bytes || value.size() > most_bytes)) word_ = to_table(word_);
    if (is_table(word_)) return table_of(word_).set(field, value, std::nullopt, keep_expiry);
    auto block = block_of(word_);
    const PackedElement elements[] = {PackedElement(field), PackedElement(value)};
    if (const char* at = block.find(elements[0], 2)) {
        block.replace(PackedBlock::next(at), elements[1]);
        word_ = word_of(block);
        return false;
    }
    if (size() >= limits.hash_max_listpack_entries) {
        word_ = to_table(word_);
        return table_of(word_).set(field, value, std::nullopt, false);
    }
    block.insert(block.end(), elements);
    word_ = word_of(block);
    return true;
}

bool Hash::erase(std::string_view field) {
    if (is_table(word_)) return table_of(word_).erase(field);
    auto block = block_of(word_);
    const char* at = block.find(PackedElement(field), 2);
    if (at == nullptr) return false;
    block.erase(at, 2);
    word_ = word_of(block);
    return true;
}

void Hash::for_each(Visitor visit) const {
    if (is_table(word_)) {
        table_of(word_).index().for_each_slot([&](HashTable::Index::Slot slot) {
            visit(ElementView(slot.item()->field()), ElementView(slot.item()->value()));
        });
        return;
    }
    const auto block = block_of(word_);
    for (const char* at = block.begin(); at != block.end();) {
        const char* value = PackedBlock::next(at);
        visit(packed_view(at), packed_view(value));
        at = PackedBlock::next(value);
    }
}

std::uint64_t Hash::scan(std::uint64_t cursor, std::size_t count, Visitor visit) const {
    if (!is_table(word_)) {
        for_each(visit);
        return 0;
    }
    std::size_t visited = 0;
    std::size_t steps_left = 10 * (count + 1);
    do {
        cursor = table_of(word_).index().scan(cursor, [&](HashTable::Index::Slot slot) {
            visit(ElementView(slot.item()->field()), ElementView(slot.item()->value()));
            ++visited;
        });
    } while (cursor < HashTable::Index::positions_end && visited < count && --steps_left > 0);
    return cursor < HashTable::Index::positions_end ? cursor : 0;
}

void Hash::random(std::uint64_t random, Visitor visit) const {
    if (is_table(word_)) {
        const auto* node = table_of(word_).index().random(random).item();
        visit(ElementView(node->field()), ElementView(node->value()));
        return;
    }
    const auto block = block_of(word_);
    const char* at = block.at(static_cast<std::uint32_t>(random % size()) * 2);
    visit(packed_view(at), packed_view(PackedBlock::next(at)));
}

bool Hash::has_field_expiry() const noexcept {
    return is_table(word_) && table_of(word_).has_expiry();
}

std::optional<WallTime> Hash::next_expiry() const noexcept {
    if (!has_field_expiry()) return std::nullopt;
    return from_unix_ms(table_of(word_).earliest_ms());
}

std::optional<WallTime> Hash::expiry(std::string_view field) const noexcept {
    if (!has_field_expiry()) return std::nullopt;
    const auto* node = table_of(word_).find(field);
    if (node == nullptr || !node->expiry_ms()) return std::nullopt;
    return from_unix_ms(*node->expiry_ms());
}

bool Hash::set_expiry(std::string_view field, std::optional<WallTime> at) {
    if (!contains(field)) return false;
    if (!at && !has_field_expiry()) return true;
    word_ = to_table(word_);
    return table_of(word_).set_expiry(field, at ? std::optional(unix_ms(*at)) : std::nullopt);
}

std::size_t Hash::expire_fields(WallTime now, std::size_t limit_fields,
                                FunctionRef<void(std::string_view field)> tell) {
    return has_field_expiry() ? table_of(word_).expire(unix_ms(now), limit_fields, tell) : 0;
}

Hash::Encoding Hash::encoding() const noexcept {
    return is_table(word_) ? Encoding::hashtable : Encoding::listpack;
}

std::string_view Hash::encoding_name() const noexcept {
    return is_table(word_) ? "hashtable" : "listpack";
}

std::size_t Hash::heap_bytes() const noexcept {
    return is_table(word_) ? table_of(word_).heap_bytes() : block_of(word_).heap_bytes();
}

std::size_t Hash::defragment() {
    if (is_table(word_)) return move_sparse_items(table_of(word_).index());
    auto block = block_of(word_);
    const bool moved = block.defragment();
    word_ = word_of(block);
    return moved ? 1 : 0;
}

Hash Hash::clone() const {
    Hash copy;
    if (!is_table(word_)) {
        copy.word_ = reinterpret_cast<std::uintptr_t>(block_of(word_).clone());
        return copy;
    }
    auto* table = new HashTable();
    table_of(word_).index().for_each_slot([&](HashTable::Index::Slot slot) {
        table->set(slot.item()->field(), slot.item()->value(), slot.item()->expiry_ms(), false);
    });
    copy.word_ = reinterpret_cast<std::uintptr_t>(table) | table_tag;
    return copy;
}

}  // namespace sabil::cache
