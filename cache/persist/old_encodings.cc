#include "cache/persist/old_encodings.h"

#include "cache/base/bytes.h"

namespace sabil::cache {
namespace {

constexpr std::uint8_t end_mark = 0xff;
constexpr std::uint8_t long_size = 254;

std::int64_t signed_le(ByteReader& reader, unsigned bytes) noexcept {
    const unsigned shift = 64 - 8 * bytes;
    return static_cast<std::int64_t>(reader.uint_le(bytes) << shift) >> shift;
}

// One element of a ziplist after the size of the one before.
ElementView ziplist_element(ByteReader& reader) noexcept {
    const auto first = reader.u8();
    switch (first >> 6) {
        case 0:
            return ElementView(reader.take(first & 0x3fU));
        case 1:
            return ElementView(reader.take((first & 0x3fU) << 8 | reader.u8()));
        case 2:
            return ElementView(reader.take(reader.uint_be(4)));
        default:
            break;
    }
    switch (first) {
        case 0xc0:
            return ElementView::of_integer(signed_le(reader, 2));
        case 0xd0:
            return ElementView::of_integer(signed_le(reader, 4));
        case 0xe0:
            return ElementView::of_integer(signed_le(reader, 8));
        case 0xf0:
            return ElementView::of_integer(signed_le(reader, 3));
        case 0xfe:
            return ElementView::of_integer(signed_le(reader, 1));
        default:
            break;
    }
    if (first < 0xf1 || first > 0xfd) reader.fail();
    return ElementView::of_integer((first & 0x0f) - 1);  // 0 .. 12 in the encoding itself
}

std::size_t zipmap_size(ByteReader& reader) noexcept {
    const auto size = reader.u8();
    return size == long_size ? reader.u32() : size;
}

}  // namespace

bool read_ziplist(std::string_view bytes, ElementVisitor visit) {
    ByteReader reader(bytes);
    if (reader.u32() != bytes.size()) return false;
    reader.skip(4 + 2);
    while (reader.ok() && reader.peek_u8() != end_mark) {
        if (reader.u8() == long_size) reader.skip(4);
        const auto element = ziplist_element(reader);
        if (!reader.ok() || !visit(element)) return false;
    }
    return reader.u8() == end_mark && reader.ok() && reader.at_end();
}

bool read_zipmap(std::string_view bytes, ElementVisitor visit) {
    ByteReader reader(bytes);
    reader.skip(1);
    while (reader.ok() && reader.peek_u8() != end_mark) {
        const auto key = reader.take(zipmap_size(reader));
        const auto value_size = zipmap_size(reader);
        const auto spare = reader.u8();
        const auto value = reader.take(value_size);
        reader.skip(spare);
        if (!reader.ok() || !visit(ElementView(key)) || !visit(ElementView(value))) return false;
    }
    return reader.u8() == end_mark && reader.ok() && reader.at_end();
}

bool read_intset(std::string_view bytes, ElementVisitor visit) {
    ByteReader reader(bytes);
    const auto width = reader.u32();
    const auto count = reader.u32();
    if (!reader.ok() || (width != 2 && width != 4 && width != 8)) return false;
    if (reader.remaining() != std::size_t{count} * width) return false;
    for (std::uint32_t i = 0; i < count; ++i) {
        if (!visit(ElementView::of_integer(signed_le(reader, width)))) return false;
    }
    return true;
}

}  // namespace sabil::cache
