#include "cache/store/entry_builder.h"

#include <utility>

#include "cache/base/heap.h"
#include "cache/base/heap_charge.h"

namespace sabil::cache {
namespace {

template <class T>
void store(char* to, T value) noexcept {
    std::memcpy(to, &value, sizeof value);
}

static_assert(sizeof(String) == 8 && sizeof(List) == 8 && sizeof(Set) == 8 && sizeof(ZSet) == 8 && sizeof(Hash) == 8 &&
              sizeof(Stream) == 8 && sizeof(BlobRef) == 8);

}  // namespace

struct EntryBuilder::Shape {
    ValueType type = ValueType::string;
    std::uint8_t flags = 0;
    std::size_t inline_bytes = 0;
};

// Header, optional fields and key; payload and inline bytes are left to the caller.
Entry* EntryBuilder::allocate(std::string_view key, const Shape& shape, Extras& extras) {
    auto flags = shape.flags;
    if (extras.expiry) flags |= Entry::flag_expiry;
    if (extras.provenance != nullptr) flags |= Entry::flag_filled;
    const bool long_key = key.size() > 255;
    if (long_key) flags |= Entry::flag_long_key;
    const std::size_t size = sizeof(Entry) + (extras.expiry ? 8U : 0U) + (extras.provenance != nullptr ? 8U : 0U) +
                             ((flags & Entry::flag_inline) != 0 ? 0U : 8U) + (long_key ? 4U : 0U) + key.size() +
                             shape.inline_bytes;
    auto* entry = new (heap::allocate(size)) Entry();
    entry->type_ = static_cast<std::uint8_t>(shape.type);
    entry->flags_ = flags;
    entry->key_bytes_ = static_cast<std::uint8_t>(long_key ? 0 : key.size());
    entry->inline_bytes_ = static_cast<std::uint16_t>(shape.inline_bytes);
    set_access(entry, extras.access);
    char* at = fixed(entry);
    if (extras.expiry) {
        store(at, std::int64_t{extras.expiry->time_since_epoch().count()});
        at += 8;
    }
    if (extras.provenance != nullptr) {
        // Made by its owner, of any memory; it counts for as long as an entry holds it.
        heap::charge(static_cast<std::int64_t>(extras.provenance->heap_bytes()));
        store(at, extras.provenance.release());
    }
    at = entry->payload() + ((flags & Entry::flag_inline) != 0 ? 0 : 8);
    if (long_key) {
        store(at, static_cast<std::uint32_t>(key.size()));
        at += 4;
    }
    key.copy(at, key.size());
    return entry;
}

Entry* EntryBuilder::make_string(std::string_view key, std::string_view bytes, Extras extras) {
    if (auto integer = parse_integer(bytes)) return make_integer(key, *integer, std::move(extras));
    if (bytes.size() > Entry::inline_string_bytes)
        return make(key, Value(Value::Variant(String(bytes))), std::move(extras));
    auto* entry = allocate(key, {ValueType::string, Entry::flag_inline, bytes.size()}, extras);
    const auto k = entry->key();
    bytes.copy(const_cast<char*>(k.data()) + k.size(), bytes.size());
    return entry;
}

Entry* EntryBuilder::make_integer(std::string_view key, std::int64_t value, Extras extras) {
    auto* entry = allocate(key, {ValueType::string, Entry::flag_integer, 0}, extras);
    store(entry->payload(), value);
    return entry;
}

Entry* EntryBuilder::make(std::string_view key, Value value, Extras extras) {
    auto& variant = value.variant();
    if (auto* integer = value.get<std::int64_t>()) return make_integer(key, *integer, std::move(extras));
    if (auto* string = value.get<String>(); string != nullptr && string->size() <= Entry::inline_string_bytes) {
        return make_string(key, string->view(), std::move(extras));
    }
    auto* entry = allocate(key, {value.type(), 0, 0}, extras);
    std::visit(
        [entry](auto& held) {
            using T = std::remove_reference_t<decltype(held)>;
            if constexpr (std::is_same_v<T, std::monostate> || std::is_same_v<T, std::int64_t>) {
                store(entry->payload(), std::int64_t{0});
            } else {
                new (entry->payload()) T(std::move(held));
            }
        },
        variant);
    return entry;
}

void EntryBuilder::destroy_payload(Entry* entry) noexcept {
    auto destroy_as = [entry]<class T>(T* value) {
        (void)entry;
        if (value != nullptr) value->~T();
    };
    switch (entry->type()) {
        case ValueType::string:
            destroy_as(entry->get<String>());
            break;
        case ValueType::list:
            destroy_as(entry->get<List>());
            break;
        case ValueType::set:
            destroy_as(entry->get<Set>());
            break;
        case ValueType::zset:
            destroy_as(entry->get<ZSet>());
            break;
        case ValueType::hash:
            destroy_as(entry->get<Hash>());
            break;
        case ValueType::stream:
            destroy_as(entry->get<Stream>());
            break;
        case ValueType::blob:
            destroy_as(entry->get<BlobRef>());
            break;
        case ValueType::absent:
            break;
    }
}

void EntryBuilder::destroy(Entry* entry) noexcept {
    destroy_payload(entry);
    (void)take_provenance(entry);
    heap::deallocate(entry);
}

bool EntryBuilder::overwrite_string(Entry* entry, std::string_view bytes) noexcept {
    constexpr std::uint8_t kinds = Entry::flag_inline | Entry::flag_integer | Entry::flag_filled;
    if (entry->type() != ValueType::string || (entry->flags_ & kinds) != Entry::flag_inline) return false;
    const auto k = entry->key();
    char* to = const_cast<char*>(k.data()) + k.size();
    if (bytes.size() != entry->inline_bytes_) {
        const auto needed = static_cast<std::size_t>(to - reinterpret_cast<char*>(entry)) + bytes.size();
        const auto usable = heap::usable_bytes(entry);
        constexpr std::size_t spare_bytes = 16;  // more than this left over is worth another block
        if (bytes.size() > Entry::inline_string_bytes || needed > usable || needed + spare_bytes < usable) return false;
    }
    bytes.copy(to, bytes.size());
    entry->inline_bytes_ = static_cast<std::uint16_t>(bytes.size());
    entry->flags_ = static_cast<std::uint8_t>(entry->flags_ & ~Entry::flag_raw);
    return true;
}

Entry* EntryBuilder::with_expiry(Entry* entry, std::optional<WallTime> expiry) {
    if (expiry.has_value() == entry->has_expiry()) {
        if (expiry) store(fixed(entry), std::int64_t{expiry->time_since_epoch().count()});
        return entry;
    }
    // The expiry field comes first: what follows it is moved as it is.
    const char* after = fixed(entry) + (entry->has_expiry() ? 8 : 0);
    const auto k = entry->key();
    const auto inline_bytes = (entry->flags_ & Entry::flag_inline) != 0 ? entry->inline_bytes_ : 0U;
    const auto size = static_cast<std::size_t>(k.data() + k.size() - after) + inline_bytes;
    auto* moved = new (heap::allocate(sizeof(Entry) + (expiry ? 8U : 0U) + size)) Entry();
    std::memcpy(static_cast<void*>(moved), entry, sizeof(Entry));
    moved->flags_ =
        static_cast<std::uint8_t>(expiry ? entry->flags_ | Entry::flag_expiry : entry->flags_ & ~Entry::flag_expiry);
    if (expiry) store(fixed(moved), std::int64_t{expiry->time_since_epoch().count()});
    std::memcpy(fixed(moved) + (expiry ? 8 : 0), after, size);
    heap::deallocate(entry);
    return moved;
}

Entry* EntryBuilder::with_editable_string(Entry* entry) {
    if (entry->get<String>() != nullptr) {
        entry->flags_ |= Entry::flag_raw;
        return entry;
    }
    DecimalBuffer scratch;
    String apart(entry->string().text(scratch));
    Extras extras{entry->expiry(), take_provenance(entry), entry->access()};
    auto* moved = allocate(entry->key(), {ValueType::string, Entry::flag_raw, 0}, extras);
    new (moved->payload()) String(std::move(apart));
    heap::deallocate(entry);
    return moved;
}

Value EntryBuilder::take_value(Entry* entry) noexcept {
    auto moved = [](auto* value) { return Value(Value::Variant(std::move(*value))); };
    switch (entry->type()) {
        case ValueType::string:
            if (auto* apart = entry->get<String>()) return moved(apart);
            if (auto* integer = entry->integer()) return Value::integer(*integer);
            return Value(Value::Variant(String(entry->string().bytes())));
        case ValueType::list:
            return moved(entry->get<List>());
        case ValueType::set:
            return moved(entry->get<Set>());
        case ValueType::zset:
            return moved(entry->get<ZSet>());
        case ValueType::hash:
            return moved(entry->get<Hash>());
        case ValueType::stream:
            return moved(entry->get<Stream>());
        case ValueType::blob:
            return moved(entry->get<BlobRef>());
        case ValueType::absent:
            break;
    }
    return Value();
}

bool EntryBuilder::frees_slowly(const Entry* entry) noexcept {
    constexpr std::size_t many_items = 64;
    constexpr std::size_t large_string_bytes = 64 << 10;
    switch (entry->type()) {
        case ValueType::string: {
            const auto* apart = entry->get<String>();
            return apart != nullptr && apart->size() > large_string_bytes;
        }
        case ValueType::list:
            return entry->get<List>()->size() > many_items;
        case ValueType::set:
            return entry->get<Set>()->size() > many_items;
        case ValueType::zset:
            return entry->get<ZSet>()->size() > many_items;
        case ValueType::hash:
            return entry->get<Hash>()->size() > many_items;
        case ValueType::stream:
            return entry->get<Stream>()->size() > many_items;
        case ValueType::blob:
        case ValueType::absent:
            break;
    }
    return false;
}

void EntryBuilder::set_access(Entry* entry, std::uint32_t access) noexcept {
    entry->access_[0] = static_cast<std::uint8_t>(access);
    entry->access_[1] = static_cast<std::uint8_t>(access >> 8);
    entry->access_[2] = static_cast<std::uint8_t>(access >> 16);
}

std::unique_ptr<const Provenance> EntryBuilder::take_provenance(Entry* entry) noexcept {
    if (!entry->filled()) return nullptr;
    char* at = fixed(entry) + (entry->has_expiry() ? 8 : 0);
    const Provenance* provenance;
    std::memcpy(&provenance, at, sizeof provenance);
    store(at, static_cast<const Provenance*>(nullptr));
    heap::charge(-static_cast<std::int64_t>(provenance->heap_bytes()));
    return std::unique_ptr<const Provenance>(provenance);
}

}  // namespace sabil::cache
