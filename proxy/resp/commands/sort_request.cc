#include "proxy/resp/commands/sort_request.h"

#include "proxy/resp/errors.h"
#include "proxy/resp/reply.h"

#include <algorithm>

namespace sabil::proxy::resp {

bool SortRequest::reads_other_keys() const noexcept {
    const bool gets_other = std::any_of(gets.begin(), gets.end(), [](std::string_view get) { return get != "#"; });
    return (has_by && sorts()) || gets_other;
}

bool SortRequest::parse(Args args, bool may_store, Reply& reply) {
    for (std::size_t i = 2; i < args.size(); ++i) {
        const auto word = args[i];
        const std::size_t left = args.size() - i - 1;
        if (equals_ignoring_case(word, "asc")) {
            descending = false;
        } else if (equals_ignoring_case(word, "desc")) {
            descending = true;
        } else if (equals_ignoring_case(word, "alpha")) {
            alphabetic = true;
        } else if (left >= 2 && equals_ignoring_case(word, "limit")) {
            if (!integer_argument(args[i + 1], offset, reply)) return false;
            if (!integer_argument(args[i + 2], limit, reply)) return false;
            i += 2;
        } else if (may_store && left >= 1 && equals_ignoring_case(word, "store")) {
            store = args[++i];
            stores = true;
        } else if (left >= 1 && equals_ignoring_case(word, "by")) {
            by = args[++i];
            has_by = true;
        } else if (left >= 1 && equals_ignoring_case(word, "get")) {
            gets.push_back(args[++i]);
        } else {
            reply.error(errors::syntax);
            return false;
        }
    }
    return true;
}

SortRequest::Window SortRequest::window(std::size_t size) const noexcept {
    const auto skipped = static_cast<std::size_t>(std::max<std::int64_t>(0, offset));
    if (skipped >= size) return {};
    const std::size_t left = size - skipped;
    return {skipped, limit < 0 ? left : std::min(left, static_cast<std::size_t>(limit))};
}

}  // namespace sabil::proxy::resp
