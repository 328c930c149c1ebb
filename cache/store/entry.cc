#include "cache/store/entry.h"

#include "cache/base/heap.h"

namespace sabil::cache {
namespace {

template <class T>
T load(const char* from) noexcept {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

constexpr std::size_t embedded_string_bytes = 44;  // up to this length OBJECT ENCODING says embstr

}  // namespace

char* Entry::payload() noexcept {
    return reinterpret_cast<char*>(this) + sizeof(Entry) + ((flags_ & flag_expiry) != 0 ? 8 : 0) +
           ((flags_ & flag_filled) != 0 ? 8 : 0);
}

std::string_view Entry::key() const noexcept {
    const char* at = payload() + ((flags_ & flag_inline) != 0 ? 0 : 8);
    if ((flags_ & flag_long_key) == 0) return {at, key_bytes_};
    return {at + 4, load<std::uint32_t>(at)};
}

std::optional<WallTime> Entry::expiry() const noexcept {
    if (!has_expiry()) return std::nullopt;
    return WallTime(std::chrono::milliseconds(load<std::int64_t>(reinterpret_cast<const char*>(this) + sizeof(Entry))));
}

const Provenance* Entry::provenance() const noexcept {
    if (!filled()) return nullptr;
    return load<const Provenance*>(reinterpret_cast<const char*>(this) + sizeof(Entry) + (has_expiry() ? 8 : 0));
}

ElementView Entry::string() const noexcept {
    if ((flags_ & flag_integer) != 0) return ElementView::of_integer(load<std::int64_t>(payload()));
    if ((flags_ & flag_inline) != 0) {
        const auto k = key();
        return ElementView(std::string_view(k.data() + k.size(), inline_bytes_));
    }
    return ElementView(get<String>()->view());
}

std::int64_t* Entry::integer() noexcept {
    return (flags_ & flag_integer) != 0 ? reinterpret_cast<std::int64_t*>(payload()) : nullptr;
}

std::uint32_t Entry::access() const noexcept {
    return std::uint32_t{access_[0]} | std::uint32_t{access_[1]} << 8 | std::uint32_t{access_[2]} << 16;
}

std::string_view Entry::encoding_name() const noexcept {
    switch (type()) {
        case ValueType::string:
            if ((flags_ & flag_integer) != 0) return "int";
            return (flags_ & flag_raw) == 0 && string().size() <= embedded_string_bytes ? "embstr" : "raw";
        case ValueType::list:
            return get<List>()->encoding_name();
        case ValueType::set:
            return get<Set>()->encoding_name();
        case ValueType::zset:
            return get<ZSet>()->encoding_name();
        case ValueType::hash:
            return get<Hash>()->encoding_name();
        case ValueType::stream:
            return get<Stream>()->encoding_name();
        case ValueType::blob:
            return "blob";
        case ValueType::absent:
            break;
    }
    return "absent";
}

std::size_t Entry::memory_bytes() const noexcept {
    auto bytes = heap::usable_bytes(this);
    if (const auto* from = provenance()) bytes += from->heap_bytes();
    switch (type()) {
        case ValueType::string:
            if (const auto* apart = get<String>()) bytes += apart->heap_bytes();
            break;
        case ValueType::list:
            bytes += get<List>()->heap_bytes();
            break;
        case ValueType::set:
            bytes += get<Set>()->heap_bytes();
            break;
        case ValueType::zset:
            bytes += get<ZSet>()->heap_bytes();
            break;
        case ValueType::hash:
            bytes += get<Hash>()->heap_bytes();
            break;
        case ValueType::stream:
            bytes += get<Stream>()->heap_bytes();
            break;
        case ValueType::blob:
            bytes += (*get<BlobRef>())->heap_bytes();
            break;
        case ValueType::absent:
            break;
    }
    return bytes;
}

}  // namespace sabil::cache
