#include "invalidation/sql/directive.h"

#include <charconv>
#include <cstdint>
#include <optional>

namespace sabil::invalidation::sql {

namespace {

std::optional<std::chrono::milliseconds> duration(std::string_view text) {
    std::uint64_t number = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    const std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
    std::uint64_t factor = 0;
    if (unit == "ms") factor = 1;
    if (unit.empty() || unit == "s") factor = 1000;
    if (unit == "m") factor = 60'000;
    if (unit == "h") factor = 3'600'000;
    if (factor == 0) return std::nullopt;
    const auto limit = static_cast<std::uint64_t>(max_directive_ttl.count());
    return std::chrono::milliseconds(number > limit / factor ? limit : number * factor);
}

void read_one(std::string_view word, Directives& directives) {
    if (word == "nocache") {
        directives.nocache = true;
    } else if (word.starts_with("ttl=")) {
        const auto ttl = duration(word.substr(4));
        if (ttl && ttl->count() == 0) directives.nocache = true;
        if (ttl && ttl->count() > 0) directives.ttl = ttl;
    } else if (word.starts_with("tag=")) {
        const std::string_view tag = word.substr(4);
        if (!tag.empty() && tag.size() <= max_tag_bytes) directives.tag = tag;
    }
}

}  // namespace

void read_directives(std::string_view comment, Directives& directives) {
    constexpr std::string_view mark = "sabil:";
    std::size_t at = comment.find(mark);
    while (at != std::string_view::npos) {
        const std::size_t start = at + mark.size();
        std::size_t end = comment.find_first_of(" \t\r\n,;*", start);
        if (end == std::string_view::npos) end = comment.size();
        read_one(comment.substr(start, end - start), directives);
        at = comment.find(mark, end);
    }
}

}  // namespace sabil::invalidation::sql
