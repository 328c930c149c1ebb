#include "cache/persist/listpack.h"

#include <cstring>
#include <utility>

namespace sabil::cache {
namespace {

constexpr std::size_t header_bytes = 6;
constexpr char end_mark = static_cast<char>(0xff);

std::size_t back_length_bytes(std::size_t size) noexcept {
    std::size_t bytes = 1;
    while (size >>= 7) ++bytes;
    return bytes;
}

// What the element at the front takes without its back length; 0 where it does not fit into the rest.
std::size_t checked_size(std::string_view rest) noexcept {
    const auto first = static_cast<unsigned char>(rest[0]);
    std::size_t header = 1;
    if ((first & 0xf0) == 0xe0) header = 2;
    if (first == 0xf0) header = 5;
    if (first > 0xf4 || rest.size() < header) return 0;
    const auto size = packed_size(rest.data());
    return size + back_length_bytes(size) <= rest.size() ? size : 0;
}

}  // namespace

ListpackWriter::ListpackWriter() : out_(header_bytes, '\0') {}

void ListpackWriter::add(const PackedElement& element) {
    const auto size = element.size();
    const auto at = out_.size();
    out_.resize(at + size);
    element.write(out_.data() + at);
    const auto bytes = back_length_bytes(size);
    for (auto i = bytes; i > 0; --i) {
        const auto seven = size >> (7 * (i - 1)) & 0x7f;
        out_.push_back(static_cast<char>(seven | (i == bytes ? 0U : 0x80U)));
    }
    ++count_;
}

void ListpackWriter::add(ElementView element) {
    if (element.is_integer()) {
        add_integer(element.integer());
    } else {
        add_text(element.bytes());
    }
}

std::string ListpackWriter::finish() {
    out_.push_back(end_mark);
    const auto bytes = static_cast<std::uint32_t>(out_.size());
    const auto count = static_cast<std::uint16_t>(count_ < UINT16_MAX ? count_ : UINT16_MAX);
    std::memcpy(out_.data(), &bytes, 4);
    std::memcpy(out_.data() + 4, &count, 2);
    count_ = 0;
    return std::exchange(out_, std::string(header_bytes, '\0'));
}

ListpackReader::ListpackReader(std::string_view bytes) noexcept {
    std::uint32_t claimed = 0;
    if (bytes.size() > header_bytes) std::memcpy(&claimed, bytes.data(), 4);
    ok_ = bytes.size() > header_bytes && claimed == bytes.size() && bytes.back() == end_mark;
    if (ok_) rest_ = bytes.substr(header_bytes, bytes.size() - header_bytes - 1);
}

ElementView ListpackReader::next() noexcept {
    const auto size = at_end() ? 0 : checked_size(rest_);
    if (size == 0) {
        ok_ = false;
        return {};
    }
    const auto view = packed_view(rest_.data());
    rest_.remove_prefix(size + back_length_bytes(size));
    return view;
}

std::int64_t ListpackReader::next_integer() noexcept {
    const auto element = next();
    if (!element.is_integer()) ok_ = false;
    return ok_ ? element.integer() : 0;
}

}  // namespace sabil::cache
