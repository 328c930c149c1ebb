#include "proxy/readthrough/parameters.h"

#include <charconv>
#include <optional>

namespace sabil::proxy::readthrough {
namespace {

using invalidation::sql::Literal;

// Digits as the server would print them: no plus, no leading zeros.
template <class Integer>
std::optional<Integer> canonical(std::string_view text) {
    Integer value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return std::to_string(value) == text ? std::optional(value) : std::nullopt;
}

}  // namespace

Result<BoundParameters> bind(const QueryTemplate& query, const std::vector<ParameterKind>& kinds,
                             const Captures& captures) {
    BoundParameters out;
    out.values.reserve(query.bindings.size());
    out.literals.reserve(query.bindings.size());
    for (std::size_t i = 0; i < query.bindings.size(); ++i) {
        auto text = captures.values[query.bindings[i].name];
        auto kind = query.bindings[i].is_row_count ? ParameterKind::row_count : kinds[i];
        Literal literal{Literal::Type::string, std::string(text)};
        mysql::Pool::Parameter value = std::string(text);
        if (kind != ParameterKind::text) {
            if (auto number = canonical<std::int64_t>(text);
                number && (kind == ParameterKind::integer || *number >= 0)) {
                value = *number;
                literal.type = Literal::Type::integer;
            } else if (auto natural = canonical<std::uint64_t>(text)) {
                value = *natural;
                literal.type = Literal::Type::integer;
            } else if (kind == ParameterKind::row_count) {
                return fail(ErrorCode::invalid,
                            "'" + std::string(text.substr(0, 64)) +
                                "' in the key is no row count: the query uses it after LIMIT or OFFSET");
            }
        }
        out.values.push_back(std::move(value));
        out.literals.push_back({std::move(literal)});
    }
    return out;
}

}  // namespace sabil::proxy::readthrough
