#include "proxy/resp/commands/zset_bounds.h"

#include <cmath>
#include <cstdlib>
#include <string>

namespace sabil::proxy::resp {
namespace {

// What strtod takes, blanks in front and the empty text (zero) included: clients have come to rely on it. As in Redis, a
// zero byte ends the text.
bool parse_score_bound(std::string_view text, double& value, bool& exclusive) {
    exclusive = !text.empty() && text[0] == '(';
    const std::string digits(exclusive ? text.substr(1) : text);
    char* end = nullptr;
    value = std::strtod(digits.c_str(), &end);
    return *end == '\0' && !std::isnan(value);
}

bool parse_lex_bound(std::string_view text, cache::LexBound& bound) noexcept {
    using Kind = cache::LexBound::Kind;
    if (text == "-") {
        bound = {Kind::minimum, {}};
    } else if (text == "+") {
        bound = {Kind::maximum, {}};
    } else if (!text.empty() && (text[0] == '[' || text[0] == '(')) {
        bound = {text[0] == '[' ? Kind::inclusive : Kind::exclusive, text.substr(1)};
    } else {
        return false;
    }
    return true;
}

}  // namespace

bool score_range_argument(std::string_view min, std::string_view max, cache::ScoreRange& range, Reply& reply) {
    if (parse_score_bound(min, range.min, range.min_exclusive) &&
        parse_score_bound(max, range.max, range.max_exclusive)) {
        return true;
    }
    reply.error(errors::min_or_max_not_float);
    return false;
}

bool lex_range_argument(std::string_view min, std::string_view max, cache::LexRange& range, Reply& reply) {
    if (parse_lex_bound(min, range.min) && parse_lex_bound(max, range.max)) return true;
    reply.error(errors::min_or_max_not_string);
    return false;
}

}  // namespace sabil::proxy::resp
