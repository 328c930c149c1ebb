#include "proxy/app/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <vector>

namespace sabil::proxy::app {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};

constexpr std::array<Unit, 8> byte_units{{{"", 1},
                                          {"b", 1},
                                          {"k", 1000},
                                          {"kb", 1ULL << 10},
                                          {"m", 1000ULL * 1000},
                                          {"mb", 1ULL << 20},
                                          {"g", 1000ULL * 1000 * 1000},
                                          {"gb", 1ULL << 30}}};
constexpr std::array<Unit, 5> time_units{
    {{"ms", 1}, {"s", 1000}, {"m", 60ULL * 1000}, {"h", 3600ULL * 1000}, {"d", 24ULL * 3600 * 1000}}};
constexpr std::uint64_t longest_ms = 100ULL * 365 * 24 * 3600 * 1000;

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

struct Quantity {
    std::uint64_t number = 0;
    std::string unit;
};

Result<Quantity> parse_quantity(std::string_view text) {
    Quantity out;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out.number);
    if (error == std::errc::result_out_of_range) return fail(ErrorCode::out_of_range, "is too large");
    if (error != std::errc{}) return fail(ErrorCode::invalid, "does not begin with a whole number");
    auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
    while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
    out.unit = lower(unit);
    return out;
}

template <std::size_t N>
const Unit* find_unit(const std::array<Unit, N>& units, std::string_view name) {
    auto* found = std::find_if(units.begin(), units.end(), [&](const Unit& unit) { return unit.name == name; });
    return found == units.end() ? nullptr : found;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        auto diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            auto above = row[j];
            auto change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({change, above + 1, row[j - 1] + 1});
            diagonal = above;
        }
    }
    return row.back();
}

}  // namespace

Result<std::uint64_t> parse_bytes(std::string_view text) {
    auto quantity = parse_quantity(text);
    if (!quantity) return tl::unexpected(quantity.error());
    const auto* unit = find_unit(byte_units, quantity->unit);
    if (unit == nullptr) return fail(ErrorCode::invalid, "has the unit '" + quantity->unit + "'; use kb, mb or gb");
    if (quantity->number > std::numeric_limits<std::int64_t>::max() / unit->factor) {
        return fail(ErrorCode::out_of_range, "is too large");
    }
    return quantity->number * unit->factor;
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    auto quantity = parse_quantity(text);
    if (!quantity) return tl::unexpected(quantity.error());
    if (quantity->unit.empty()) {
        if (quantity->number == 0) return std::chrono::milliseconds{0};
        return fail(ErrorCode::invalid, "has no unit; write \"" + std::to_string(quantity->number) + "s\" for seconds");
    }
    const auto* unit = find_unit(time_units, quantity->unit);
    if (unit == nullptr) return fail(ErrorCode::invalid, "has the unit '" + quantity->unit + "'; use ms, s, m, h or d");
    if (quantity->number > longest_ms / unit->factor) return fail(ErrorCode::out_of_range, "is longer than a century");
    return std::chrono::milliseconds{quantity->number * unit->factor};
}

std::string_view nearest(std::string_view word, std::span<const std::string> known) {
    constexpr std::size_t longest_word_bytes = 64;
    if (word.size() > longest_word_bytes) return {};
    std::string_view best;
    auto limit = std::max<std::size_t>(2, word.size() / 3) + 1;
    for (const auto& candidate : known) {
        auto distance = edit_distance(lower(word), candidate);
        if (distance < limit) {
            limit = distance;
            best = candidate;
        }
    }
    return best;
}

}  // namespace sabil::proxy::app
