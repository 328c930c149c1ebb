#include "proxy/resp/commands/random_choice.h"

#include "proxy/resp/errors.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/session.h"

#include <algorithm>
#include <limits>
#include <random>

namespace sabil::proxy::resp {

std::uint64_t random_bits() noexcept {
    thread_local std::mt19937_64 generator{std::random_device{}()};
    return generator();
}

// The remainder's bias is below limit / 2^64.
std::uint64_t random_below(std::uint64_t limit) noexcept {
    return random_bits() % limit;
}

std::size_t RandomRequest::result_count(std::size_t size) const noexcept {
    if (size == 0) return 0;
    if (count < 0) return static_cast<std::size_t>(-count);
    return std::min(size, static_cast<std::size_t>(count));
}

bool parse_random_request(Args args, std::string_view word, RandomRequest& request, Reply& reply,
                          Session& session) {
    if (args.size() < 3) return true;
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    if (!integer_in_range(args[2], -most, most, request.count, reply)) return false;
    request.has_count = true;
    if (request.count < -random_repeats_max_count) {
        // No limit of a client's output that can be set is as large as such a reply.
        const auto& limits = session.server().settings.output_limits[static_cast<std::size_t>(ClientClass::normal)];
        session.client().output_too_long = limits.hard_bytes.load(std::memory_order_relaxed) != 0;
        reply.error(errors::out_of_range);
        return false;
    }
    if (args.size() == 3) return true;
    if (args.size() > 4 || word.empty() || !equals_ignoring_case(args[3], word)) {
        reply.error(errors::syntax);
        return false;
    }
    request.with_values = true;
    if (request.count > most / 2) {
        reply.error(errors::out_of_range);
        return false;
    }
    return true;
}

}  // namespace sabil::proxy::resp
