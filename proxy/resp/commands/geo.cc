// Places: adding them, and asking about single ones.
#include "cache/types/geo.h"

#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/geo_reply.h"
#include "proxy/resp/commands/geo_search.h"
#include "proxy/resp/commands/typed_access.h"

#include <vector>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::GeoPoint;
using cache::KeyRef;
using cache::ZSet;

struct AddOptions {
    bool only_new = false;
    bool only_existing = false;
    bool count_changed = false;

    bool take(std::string_view word) noexcept {
        bool* const option = equals_ignoring_case(word, "nx")   ? &only_new
                             : equals_ignoring_case(word, "xx") ? &only_existing
                             : equals_ignoring_case(word, "ch") ? &count_changed
                                                                : nullptr;
        if (option != nullptr) *option = true;
        return option != nullptr;
    }
};

bool parse_places(Args places, std::vector<double>& scores, Reply& reply) {
    for (std::size_t i = 0; i < places.size(); i += 3) {
        GeoPoint point;
        if (!geo_point_argument(places[i], places[i + 1], point, reply)) return false;
        scores.push_back(static_cast<double>(cache::geo_encode(point)));
    }
    return true;
}

// GEOADD key [NX | XX] [CH] longitude latitude member [longitude latitude member ...]
void geoadd(Database& database, Args args, Reply& reply, Session& session) {
    AddOptions options;
    std::size_t first = 2;
    while (first < args.size() && options.take(args[first])) ++first;
    const Args places = args.subspan(first);
    if (places.size() % 3 != 0 || (options.only_new && options.only_existing)) return reply.error(errors::syntax);
    std::vector<double> scores;
    if (!parse_places(places, scores, reply)) return;
    if (places.empty()) return reply.error(errors::syntax);
    const KeyRef key = session.key(args[1]);
    const auto zset = options.only_existing ? database.find_for_write<ZSet>(key) : database.find_or_create<ZSet>(key);
    if (refuse_wrong_type(zset, reply)) return;
    std::int64_t added = 0;
    std::int64_t updated = 0;
    for (std::size_t i = 0; zset && i < scores.size(); ++i) {
        const auto member = places[3 * i + 2];
        const bool exists = (options.only_new || options.only_existing) && zset->score(member).has_value();
        if (exists ? options.only_new : options.only_existing) continue;
        const auto outcome = zset->add(member, scores[i], database.encodings());
        added += outcome == ZSet::Added::added ? 1 : 0;
        updated += outcome == ZSet::Added::updated ? 1 : 0;
    }
    if (added + updated > 0) database.changed(key, EventClass::zset, "zadd");
    reply.integer(options.count_changed ? added + updated : added);
}

std::optional<GeoPoint> place_of(const cache::Lookup<ZSet>& zset, std::string_view member) {
    const auto score = zset ? zset->score(member) : std::nullopt;
    if (!score) return std::nullopt;
    return cache::geo_decode(*score);
}

// GEOPOS key [member ...]
void geopos(Database& database, Args args, Reply& reply, Session& session) {
    const auto zset = database.find<ZSet>(session.key(args[1]));
    if (refuse_wrong_type(zset, reply)) return;
    reply.array(args.size() - 2);
    for (const auto member : args.subspan(2)) {
        if (const auto place = place_of(zset, member)) {
            reply_point(*place, reply);
        } else {
            reply.null_array();
        }
    }
}

// GEOHASH key [member ...]
void geohash(Database& database, Args args, Reply& reply, Session& session) {
    const auto zset = database.find<ZSet>(session.key(args[1]));
    if (refuse_wrong_type(zset, reply)) return;
    reply.array(args.size() - 2);
    for (const auto member : args.subspan(2)) {
        if (const auto place = place_of(zset, member)) {
            const auto text = cache::geo_hash_text(*place);
            reply.bulk({text.data(), text.size()});
        } else {
            reply.null();
        }
    }
}

// GEODIST key member1 member2 [M | KM | FT | MI]
void geodist(Database& database, Args args, Reply& reply, Session& session) {
    double unit_m = 1;
    if (args.size() > 5) return reply.error(errors::syntax);
    if (args.size() == 5 && !geo_unit_argument(args[4], unit_m, reply)) return;
    const auto zset = database.find<ZSet>(session.key(args[1]));
    if (refuse_wrong_type(zset, reply)) return;
    const auto from = place_of(zset, args[2]);
    const auto to = place_of(zset, args[3]);
    if (!from || !to) return reply.null();
    reply_distance(cache::geo_distance(*from, *to) / unit_m, reply);
}

constexpr CommandSpec rows[] = {
    {.name = "geoadd",
     .arguments = "key [<condition> NX | XX] [change=CH] (<data> longitude:double latitude:double member)...",
     .arity = -5,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::rw | key_flag::update)},
     .group = Group::geo,
     .since = "3.2.0",
     .summary = "Adds places to a geospatial index.",
     .complexity = "O(log(N))",
     .handler = geoadd},
    {.name = "geopos",
     .arguments = "key [member]...",
     .arity = -2,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::geo,
     .since = "3.2.0",
     .summary = "Returns the coordinates of places.",
     .complexity = "O(N)",
     .handler = geopos},
    {.name = "geohash",
     .arguments = "key [member]...",
     .arity = -2,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::geo,
     .since = "3.2.0",
     .summary = "Returns places as geohash strings.",
     .complexity = "O(log(N))",
     .handler = geohash},
    {.name = "geodist",
     .arguments = "key member1 member2 [<unit> M | KM | FT | MI]",
     .arity = -4,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::geo,
     .since = "3.2.0",
     .summary = "Returns the distance between two places.",
     .complexity = "O(log(N))",
     .handler = geodist},
};

}  // namespace

CommandFamily geo_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
