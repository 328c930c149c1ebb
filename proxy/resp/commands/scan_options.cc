#include "proxy/resp/commands/scan_options.h"

#include "cache/base/glob.h"
#include "proxy/resp/errors.h"

#include <string>

namespace sabil::proxy::resp {

bool ScanOptions::matches(std::string_view text) const noexcept {
    return !has_pattern || glob_match(pattern, text);
}

bool ScanOptions::matches(const cache::ElementView& element) const noexcept {
    if (!has_pattern) return true;
    DecimalBuffer scratch;
    return glob_match(pattern, element.text(scratch));
}

bool parse_scan_options(Args args, std::size_t first, ScanWord word, ScanOptions& options, Reply& reply) {
    for (std::size_t i = first; i < args.size(); ++i) {
        const bool has_next = i + 1 < args.size();
        if (equals_ignoring_case(args[i], "count") && has_next) {
            std::int64_t count = 0;
            if (!integer_argument(args[++i], count, reply)) return false;
            if (count < 1) {
                reply.error(errors::syntax);
                return false;
            }
            options.count = static_cast<std::size_t>(count);
        } else if (equals_ignoring_case(args[i], "match") && has_next) {
            options.pattern = args[++i];
            options.has_pattern = options.pattern != "*";
        } else if (word == ScanWord::type && equals_ignoring_case(args[i], "type") && has_next) {
            options.type = args[++i];
            options.has_type = true;
        } else if (word == ScanWord::no_values && equals_ignoring_case(args[i], "novalues")) {
            options.no_values = true;
        } else {
            reply.error(errors::syntax);
            return false;
        }
    }
    return true;
}

void ScanReply::finish(std::uint64_t next_cursor) {
    reply_.close_array(start_, parts_);
    const std::string cursor = std::to_string(next_cursor);
    const std::string head = "*2\r\n$" + std::to_string(cursor.size()) + "\r\n" + cursor + "\r\n";
    reply_.buffer().insert(start_, head);
}

}  // namespace sabil::proxy::resp
