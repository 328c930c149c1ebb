#include "proxy/readthrough/lookup_set.h"

namespace sabil::proxy::readthrough {
namespace {

constexpr std::uint32_t none = UINT32_MAX;

}  // namespace

LookupSet::LookupSet(const std::vector<LookupConfig>& configs, const std::string& place,
                     std::vector<std::string>& errors) {
    for (const auto& config : configs) {
        auto wrong = [&](const std::string& why) {
            errors.push_back(place + ":" + std::to_string(config.line) + ": lookup '" + config.name + "': " + why);
        };
        auto key = KeyTemplate::parse(config.key);
        if (!key) {
            wrong(key.error().message);
            continue;
        }
        auto query = parse_query_template(config.query, key->names());
        if (!query) {
            wrong(query.error().message);
            continue;
        }
        for (const auto& earlier : lookups_) {
            if (!earlier.key.covers(*key)) continue;
            bool same = key->covers(earlier.key);
            wrong("key '" + config.key + "' is ambiguous: every such key is taken by lookup '" + earlier.config.name +
                  "' ('" + earlier.config.key + "')" +
                  (same ? "; change one of them" : " before it; put '" + config.name + "' first"));
        }
        auto index = static_cast<std::uint32_t>(lookups_.size());
        if (key->first_part().empty()) {
            any_first_part_.push_back(index);
        } else {
            by_first_part_[std::string(key->first_part())].push_back(index);
        }
        by_name_.emplace(config.name, index);
        lookups_.push_back({config, std::move(*key), std::move(*query)});
    }
}

std::optional<std::size_t> LookupSet::match(std::string_view key, Captures& captures) const noexcept {
    auto found = by_first_part_.find(key.substr(0, key.find(':')));
    static const std::vector<std::uint32_t> nothing;
    const auto& exact = found == by_first_part_.end() ? nothing : found->second;
    // Both lists are in the order of the file: try them merged.
    for (std::size_t i = 0, j = 0; i < exact.size() || j < any_first_part_.size();) {
        auto a = i < exact.size() ? exact[i] : none;
        auto b = j < any_first_part_.size() ? any_first_part_[j] : none;
        auto index = a < b ? (++i, a) : (++j, b);
        if (lookups_[index].key.match(key, captures)) return index;
    }
    return std::nullopt;
}

std::optional<std::size_t> LookupSet::find(std::string_view name) const noexcept {
    auto found = by_name_.find(name);
    return found == by_name_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace sabil::proxy::readthrough
