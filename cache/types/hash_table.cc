#include "cache/types/hash_table.h"

#include <string>
#include <vector>

#include "cache/types/sampled_bytes.h"

namespace sabil::cache {

FieldNode* FieldNode::make(std::string_view field, std::string_view value, std::optional<std::int64_t> expiry_ms) {
    const bool wide = field.size() > 255 || value.size() > 255;
    const std::size_t size = 1 + (expiry_ms ? 8U : 0U) + (wide ? 8U : 2U) + field.size() + value.size();
    auto* node = static_cast<FieldNode*>(heap::allocate_packed(size));
    node->flags_ = static_cast<unsigned char>((expiry_ms ? flag_expiry : 0U) | (wide ? flag_wide : 0U));
    char* to = reinterpret_cast<char*>(node) + 1;
    if (expiry_ms) {
        std::memcpy(to, &*expiry_ms, 8);
        to += 8;
    }
    const std::uint32_t lengths[] = {static_cast<std::uint32_t>(field.size()),
                                     static_cast<std::uint32_t>(value.size())};
    for (auto length : lengths) {
        std::memcpy(to, &length, wide ? 4 : 1);
        to += wide ? 4 : 1;
    }
    if (!field.empty()) std::memcpy(to, field.data(), field.size());
    if (!value.empty()) std::memcpy(to + field.size(), value.data(), value.size());
    return node;
}

std::uint32_t FieldNode::length(unsigned which) const noexcept {
    if ((flags_ & flag_wide) == 0) return static_cast<unsigned char>(lengths()[which]);
    std::uint32_t length;
    std::memcpy(&length, lengths() + std::size_t{4} * which, 4);
    return length;
}

std::string_view FieldNode::field() const noexcept {
    return {text(), length(0)};
}

std::string_view FieldNode::value() const noexcept {
    return {text() + length(0), length(1)};
}

std::optional<std::int64_t> FieldNode::expiry_ms() const noexcept {
    if ((flags_ & flag_expiry) == 0) return std::nullopt;
    std::int64_t at;
    std::memcpy(&at, reinterpret_cast<const char*>(this) + 1, sizeof at);
    return at;
}

bool FieldNode::overwrite(std::string_view with) noexcept {
    if (with.size() != length(1)) return false;
    if (!with.empty()) std::memcpy(const_cast<char*>(value().data()), with.data(), with.size());
    return true;
}

HashTable::~HashTable() {
    index_.for_each_slot([](Index::Slot slot) { FieldNode::free(slot.item()); });
}

HashTable::Index::Slot HashTable::slot_of(TagPlace place, std::string_view field) const noexcept {
    return index_.find(place, [field](const FieldNode& node) { return node.field() == field; });
}

const FieldNode* HashTable::find(std::string_view field) const noexcept {
    const auto slot = slot_of(TagPlace(seeded_hash(field)), field);
    return slot ? slot.item() : nullptr;
}

void HashTable::note(std::optional<std::int64_t> before, std::optional<std::int64_t> after) noexcept {
    if (before) --expiring_fields_;
    if (after) {
        ++expiring_fields_;
        earliest_ms_ = std::min(earliest_ms_, *after);
    }
    if (expiring_fields_ == 0) earliest_ms_ = INT64_MAX;
}

void HashTable::replace(Index::Slot slot, FieldNode* node) {
    auto* gone = slot.item();
    note(gone->expiry_ms(), node->expiry_ms());
    slot.set(node, node->expiry_ms() ? mark_expiry : 0);
    FieldNode::free(gone);
}

bool HashTable::set(std::string_view field, std::string_view value, std::optional<std::int64_t> expiry_ms,
                    bool keep_expiry) {
    const TagPlace place(seeded_hash(field));
    const auto slot = slot_of(place, field);
    if (!slot) {
        index_.insert(place, FieldNode::make(field, value, expiry_ms), expiry_ms ? mark_expiry : 0);
        note(std::nullopt, expiry_ms);
        return true;
    }
    const auto before = slot.item()->expiry_ms();
    if (keep_expiry && !expiry_ms) expiry_ms = before;
    if (before == expiry_ms && slot.item()->overwrite(value)) return false;
    replace(slot, FieldNode::make(field, value, expiry_ms));
    return false;
}

bool HashTable::erase(std::string_view field) {
    const TagPlace place(seeded_hash(field));
    const auto slot = slot_of(place, field);
    if (!slot) return false;
    auto* gone = slot.item();
    note(gone->expiry_ms(), std::nullopt);
    index_.erase(place, slot);
    FieldNode::free(gone);
    return true;
}

bool HashTable::set_expiry(std::string_view field, std::optional<std::int64_t> expiry_ms) {
    const auto slot = slot_of(TagPlace(seeded_hash(field)), field);
    if (!slot) return false;
    if (slot.item()->expiry_ms() != expiry_ms) {
        replace(slot, FieldNode::make(slot.item()->field(), slot.item()->value(), expiry_ms));
    }
    return true;
}

std::size_t HashTable::expire(std::int64_t now_ms, std::size_t limit_fields, FunctionRef<void(std::string_view)> tell) {
    if (earliest_ms_ > now_ms) return 0;
    std::vector<std::string> due;
    auto earliest = INT64_MAX;
    index_.for_each_slot([&](Index::Slot slot) {
        if (slot.marks() == 0) return;
        const auto at = *slot.item()->expiry_ms();
        if (at <= now_ms && due.size() < limit_fields) {
            due.emplace_back(slot.item()->field());
        } else {
            earliest = std::min(earliest, at);
        }
    });
    for (const auto& field : due) {
        tell(field);
        erase(field);
    }
    earliest_ms_ = earliest;
    return due.size();
}

std::size_t HashTable::heap_bytes() const noexcept {
    return heap::usable_bytes(this) + sampled_bytes(index_);
}

}  // namespace sabil::cache
