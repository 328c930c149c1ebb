// Lists: elements by value.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/typed_access.h"

#include <algorithm>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::ElementView;
using cache::EventClass;
using cache::KeyRef;
using cache::List;
using cache::ListEnd;

// LINSERT key BEFORE|AFTER pivot element
void linsert(Database& database, Args args, Reply& reply, Session& session) {
    const bool after = equals_ignoring_case(args[2], "after");
    if (!after && !equals_ignoring_case(args[2], "before")) return reply.error(errors::syntax);
    const KeyRef key = session.key(args[1]);
    const auto list = database.find_for_write<List>(key);
    if (refuse_wrong_type(list, reply)) return;
    if (!list) return reply.integer(0);
    std::size_t index = 0;
    bool found = false;
    list->for_each([&](ElementView element) {
        found = element == args[3];
        index += found ? 0 : 1;
        return !found;
    });
    if (!found) return reply.integer(-1);
    list->insert(after ? index + 1 : index, args[4], database.encodings());
    const auto size = static_cast<std::int64_t>(list->size());
    database.changed(key, EventClass::list, "linsert");
    reply.integer(size);
}

// LREM key count element
void lrem(Database& database, Args args, Reply& reply, Session& session) {
    std::int64_t count = 0;
    if (!integer_argument(args[2], count, reply)) return;
    const KeyRef key = session.key(args[1]);
    const auto list = database.find_for_write<List>(key);
    if (refuse_wrong_type(list, reply)) return;
    if (!list) return reply.integer(0);
    const auto most = count < 0 ? std::size_t{0} - static_cast<std::size_t>(count) : static_cast<std::size_t>(count);
    const auto removed = list->remove(args[3], most, count < 0 ? ListEnd::back : ListEnd::front);
    list->compact(database.encodings());
    if (removed > 0) tell_shrunk(database, key, EventClass::list, "lrem", list->empty());
    reply.integer(static_cast<std::int64_t>(removed));
}

struct PositionRequest {
    std::int64_t rank = 1;
    std::int64_t count = -1;  // not given: one, not as an array
    std::int64_t most_compared = 0;
};

bool parse_position_request(Args args, PositionRequest& request, Reply& reply) {
    for (std::size_t i = 3; i < args.size(); i += 2) {
        const bool has_next = i + 1 < args.size();
        if (equals_ignoring_case(args[i], "rank") && has_next) {
            if (!integer_in_range(args[i + 1], -INT64_MAX, INT64_MAX, request.rank, reply)) return false;
            if (request.rank == 0) {
                reply.error(
                    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use "
                    "negative to start from the end of the list");
                return false;
            }
        } else if (equals_ignoring_case(args[i], "count") && has_next) {
            if (!integer_in_range(args[i + 1], 0, INT64_MAX, request.count, reply, "ERR COUNT can't be negative")) {
                return false;
            }
        } else if (equals_ignoring_case(args[i], "maxlen") && has_next) {
            if (!integer_in_range(args[i + 1], 0, INT64_MAX, request.most_compared, reply,
                                  "ERR MAXLEN can't be negative")) {
                return false;
            }
        } else {
            reply.error(errors::syntax);
            return false;
        }
    }
    return true;
}

// LPOS key element [RANK rank] [COUNT count] [MAXLEN length]
void lpos(Database& database, Args args, Reply& reply, Session& session) {
    PositionRequest request;
    if (!parse_position_request(args, request, reply)) return;
    const auto list = database.find<List>(session.key(args[1]));
    if (refuse_wrong_type(list, reply)) return;
    const bool one = request.count < 0;
    if (!list) return one ? reply.null() : reply.array(0);
    const bool backwards = request.rank < 0;
    const std::int64_t skipped = (backwards ? -request.rank : request.rank) - 1;
    const auto size = static_cast<std::int64_t>(list->size());
    const auto mark = reply.open();
    std::int64_t seen = 0;
    std::int64_t written = 0;
    std::int64_t index = backwards ? size - 1 : 0;
    const auto visit = [&](ElementView element) {
        if (element == args[2] && seen++ >= skipped) {
            reply.integer(index);
            ++written;
            if (one || written == request.count) return false;
        }
        index += backwards ? -1 : 1;
        return true;
    };
    const auto compared =
        static_cast<std::size_t>(request.most_compared > 0 ? std::min(request.most_compared, size) : size);
    if (backwards) {
        list->for_range_reverse(list->size() - 1, compared, visit);
    } else {
        list->for_range(0, compared, visit);
    }
    if (!one) return reply.close_array(mark, static_cast<std::size_t>(written));
    if (written == 0) reply.null();
}

constexpr CommandSpec rows[] = {
    {.name = "linsert",
     .arguments = "key (<where> BEFORE | AFTER) pivot element",
     .arity = 5,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::rw | key_flag::insert)},
     .group = Group::list,
     .since = "2.2.0",
     .summary = "Inserts an element before or after another.",
     .complexity = "O(N)",
     .handler = linsert},
    {.name = "lrem",
     .arguments = "key count:integer element",
     .arity = 4,
     .access = Access::write(),
     .keys = {keys::one(1, key_flag::rw | key_flag::remove)},
     .group = Group::list,
     .since = "1.0.0",
     .summary = "Removes elements equal to a value.",
     .complexity = "O(N+M)",
     .handler = lrem},
    {.name = "lpos",
     .arguments = "key element [RANK rank:integer] [COUNT num-matches:integer] [MAXLEN len:integer]",
     .arity = -3,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::list,
     .since = "6.0.6",
     .summary = "Returns the indexes at which an element stands.",
     .complexity = "O(N)",
     .handler = lpos},
};

}  // namespace

CommandFamily list_search_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
