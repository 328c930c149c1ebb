#include "mysql/binlog/gtid.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace sabil::mysql::binlog {

namespace {

constexpr std::size_t tag_bytes_max = 32;

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

Error not_a(std::string_view what, std::string_view text) {
    return {ErrorCode::invalid, "'" + std::string(text.substr(0, 100)) + "' is not a " + std::string(what)};
}

template <class T>
bool read_number(std::string_view text, T& out) noexcept {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string Uuid::to_string() const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(36);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
        out.push_back(digits[bytes[i] >> 4]);
        out.push_back(digits[bytes[i] & 0xf]);
    }
    return out;
}

Result<Uuid> Uuid::parse(std::string_view text) {
    auto rest = text;
    if (rest.size() >= 2 && rest.front() == '{' && rest.back() == '}') rest = rest.substr(1, rest.size() - 2);
    Uuid uuid;
    std::size_t nibble = 0;
    for (char c : rest) {
        if (c == '-' && nibble % 2 == 0) continue;
        const int digit = hex_digit(c);
        if (digit < 0 || nibble == 2 * uuid.bytes.size()) return tl::unexpected(not_a("UUID", text));
        auto& byte = uuid.bytes[nibble / 2];
        byte = static_cast<std::uint8_t>(byte << 4 | digit);
        ++nibble;
    }
    if (nibble != 2 * uuid.bytes.size()) return tl::unexpected(not_a("UUID", text));
    return uuid;
}

std::string MysqlGtid::to_string() const {
    return uuid.to_string() + (tag.empty() ? "" : ":" + tag) + ":" + std::to_string(number);
}

Result<MysqlGtid> MysqlGtid::parse(std::string_view text) {
    const auto first = text.find(':');
    const auto last = text.rfind(':');
    if (first == std::string_view::npos) return tl::unexpected(not_a("GTID", text));
    auto uuid = Uuid::parse(text.substr(0, first));
    if (!uuid) return tl::unexpected(not_a("GTID", text));
    MysqlGtid gtid;
    gtid.uuid = *uuid;
    if (last != first) gtid.tag = text.substr(first + 1, last - first - 1);
    const bool tag_fits = gtid.tag.size() <= tag_bytes_max && std::all_of(gtid.tag.begin(), gtid.tag.end(), [](char c) {
                              return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
                          });
    constexpr auto number_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) - 1;
    if (!tag_fits || !read_number(text.substr(last + 1), gtid.number) || gtid.number == 0 || gtid.number > number_max) {
        return tl::unexpected(not_a("GTID", text));
    }
    return gtid;
}

std::string MariadbGtid::to_string() const {
    return std::to_string(domain) + "-" + std::to_string(server_id) + "-" + std::to_string(sequence);
}

Result<MariadbGtid> MariadbGtid::parse(std::string_view text) {
    const auto first = text.find('-');
    const auto last = text.rfind('-');
    MariadbGtid gtid;
    if (first == std::string_view::npos || first == last || !read_number(text.substr(0, first), gtid.domain) ||
        !read_number(text.substr(first + 1, last - first - 1), gtid.server_id) ||
        !read_number(text.substr(last + 1), gtid.sequence)) {
        return tl::unexpected(not_a("MariaDB GTID", text));
    }
    return gtid;
}

}  // namespace sabil::mysql::binlog
