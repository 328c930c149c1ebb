#include <algorithm>
#include <array>
#include <string>

#include "invalidation/sql/statement.h"

namespace sabil::invalidation::sql {

ClientCharset client_charset(std::string_view name) noexcept {
    using namespace std::string_view_literals;
    static constexpr std::array utf8 = {"utf8"sv, "utf8mb3"sv, "utf8mb4"sv, "ascii"sv};
    // One byte a character, or several that are all above 0x7f, and ASCII below.
    static constexpr std::array ascii_based = {
        "latin1"sv,   "latin2"sv, "latin5"sv, "latin7"sv,  "cp850"sv,   "cp852"sv,    "cp866"sv,
        "cp1250"sv,   "cp1251"sv, "cp1256"sv, "cp1257"sv,  "koi8r"sv,   "koi8u"sv,    "greek"sv,
        "hebrew"sv,   "hp8"sv,    "dec8"sv,   "keybcs2"sv, "macce"sv,   "macroman"sv, "geostd8"sv,
        "armscii8"sv, "tis620"sv, "binary"sv, "ujis"sv,    "eucjpms"sv, "euckr"sv,    "gb2312"sv};
    static constexpr std::array unsafe = {"gbk"sv, "big5"sv, "sjis"sv, "cp932"sv, "gb18030"sv};

    constexpr std::size_t longest_name_bytes = 16;
    std::array<char, longest_name_bytes> lower{};
    if (name.size() > lower.size()) return ClientCharset::unsupported;
    std::transform(name.begin(), name.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const std::string_view key(lower.data(), name.size());
    const auto among = [key](const auto& names) { return std::find(names.begin(), names.end(), key) != names.end(); };
    if (among(utf8)) return ClientCharset::utf8;
    if (among(ascii_based)) return ClientCharset::ascii_based;
    if (among(unsafe)) return ClientCharset::unsafe;
    return ClientCharset::unsupported;
}

}  // namespace sabil::invalidation::sql
