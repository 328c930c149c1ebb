#include "proxy/resp/key_extraction.h"

#include <limits>

namespace sabil::proxy::resp {
namespace {

constexpr std::int64_t none = -1;

std::int64_t beginning(const KeySpec& spec, Args args) {
    auto count = static_cast<std::int64_t>(args.size());
    if (spec.begin == KeySpec::Begin::index) return spec.at < count ? spec.at : none;
    if (spec.begin == KeySpec::Begin::unknown) return none;
    bool backwards = spec.at < 0;
    std::int64_t step = backwards ? -1 : 1;
    for (std::int64_t i = backwards ? count + spec.at : spec.at; i > 0 && i < count; i += step) {
        if (args[static_cast<std::size_t>(i)].size() != spec.keyword.size()) continue;
        bool same = true;
        for (std::size_t c = 0; c < spec.keyword.size() && same; ++c) {
            same = (args[static_cast<std::size_t>(i)][c] | 0x20) == (spec.keyword[c] | 0x20);
        }
        if (same) return i + 1 < count ? i + 1 : none;
    }
    return none;
}

bool add_range(const KeySpec& spec, std::int64_t first, std::int64_t last, std::int64_t step, Args args,
               std::vector<FoundKey>& found) {
    auto count = static_cast<std::int64_t>(args.size());
    if (last >= count || step < 1) return false;
    for (std::int64_t i = first; i <= last; i += step) {
        found.push_back({static_cast<std::uint32_t>(i), spec.flags});
    }
    return true;
}

bool add_spec(const KeySpec& spec, Args args, std::vector<FoundKey>& found) {
    std::int64_t first = beginning(spec, args);
    if (first == none) return true;
    auto count = static_cast<std::int64_t>(args.size());
    if (spec.find == KeySpec::Find::range) {
        std::int64_t last = spec.last >= 0 ? first + spec.last : count + spec.last;
        if (spec.last == -1 && spec.limit > 1) last = first + (count - first) / spec.limit - 1;
        return add_range(spec, first, last, spec.step, args, found);
    }
    if (spec.find != KeySpec::Find::counted) return true;
    std::int64_t count_at = first + spec.count_at;
    if (count_at >= count) return false;
    auto keys = to_integer(args[static_cast<std::size_t>(count_at)]);
    if (!keys || *keys < 0 || *keys > count) return false;
    if (*keys == 0) return true;
    std::int64_t start = first + spec.first;
    return add_range(spec, start, start + (*keys - 1) * spec.step, spec.step, args, found);
}

}  // namespace

bool find_keys(const CommandSpec& spec, Args args, std::vector<FoundKey>& found, bool with_channels) {
    if (spec.find_keys != nullptr) {
        spec.find_keys(args, found);
        return true;
    }
    for (const auto& keys : spec.keys) {
        if ((keys.flags & key_flag::not_key) != 0 && !with_channels) continue;
        if (!add_spec(keys, args, found)) return false;
    }
    return true;
}

}  // namespace sabil::proxy::resp
