// Places inside a circle or a box.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/geo_reply.h"
#include "proxy/resp/commands/geo_search.h"
#include "proxy/resp/commands/typed_access.h"

#include <algorithm>
#include <string>
#include <vector>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::KeyRef;
using cache::ZSet;

struct Place {
    std::string member;
    double score = 0;
    double distance_m = 0;
    cache::GeoPoint point;
};

std::vector<Place> find_places(const ZSet& zset, const GeoSearch& search) {
    std::vector<Place> found;
    const auto enough = [&] { return search.any && found.size() >= static_cast<std::size_t>(search.count); };
    for (const auto& range : search.area.score_ranges()) {
        if (enough()) break;
        const auto ranks = zset.ranks(range);
        if (ranks.count == 0) continue;
        zset.for_range(ranks, [&](cache::ElementView member, double score) {
            const auto point = cache::geo_decode(score);
            if (const auto distance = search.area.distance_inside(point)) {
                found.push_back({member.str(), score, *distance, point});
            }
            return !enough();
        });
    }
    return found;
}

void order(std::vector<Place>& places, const GeoSearch& search) {
    const auto nearer = [](const Place& a, const Place& b) { return a.distance_m < b.distance_m; };
    const auto further = [](const Place& a, const Place& b) { return a.distance_m > b.distance_m; };
    if (search.order == GeoOrder::ascending) std::stable_sort(places.begin(), places.end(), nearer);
    if (search.order == GeoOrder::descending) std::stable_sort(places.begin(), places.end(), further);
    if (search.count > 0 && places.size() > static_cast<std::size_t>(search.count)) {
        places.resize(static_cast<std::size_t>(search.count));
    }
}

void reply_places(const std::vector<Place>& places, const GeoSearch& search, Reply& reply) {
    const std::size_t parts =
        1U + (search.with_distance ? 1 : 0) + (search.with_score ? 1 : 0) + (search.with_point ? 1 : 0);
    reply.array(places.size());
    for (const auto& place : places) {
        if (!search.plain()) reply.array(parts);
        reply.bulk(place.member);
        if (search.with_distance) reply_distance(place.distance_m / search.unit_m, reply);
        if (search.with_score) reply.integer(static_cast<std::int64_t>(place.score));
        if (search.with_point) reply_point(place.point, reply);
    }
}

void store_places(Database& database, const std::vector<Place>& places, const GeoSearch& search, Reply& reply) {
    const KeyRef destination(search.store);
    ZSet result;
    for (const auto& place : places) {
        const double score = search.stores_distance ? place.distance_m / search.unit_m : place.score;
        result.add(place.member, score, database.encodings());
    }
    if (!places.empty()) {
        database.replace(destination, cache::Value(std::move(result)));
        database.changed(destination, EventClass::zset,
                         search.form == GeoForm::search_store ? "geosearchstore" : "georadiusstore");
    } else if (database.erase(destination)) {
        database.changed(destination, EventClass::generic, "del");
    }
    reply.integer(static_cast<std::int64_t>(places.size()));
}

void search_places(Database& database, Args args, GeoForm form, bool may_store, std::string_view command,
                   Reply& reply) {
    const auto zset = database.find<ZSet>(KeyRef(args[form == GeoForm::search_store ? 2 : 1]));
    if (refuse_wrong_type(zset, reply)) return;
    GeoSearch search;
    search.form = form;
    search.may_store = may_store;
    search.command = command;
    if (!search.parse(args, zset.value, reply)) return;
    std::vector<Place> places;
    if (zset) places = find_places(*zset, search);
    order(places, search);
    search.stores ? store_places(database, places, search, reply) : reply_places(places, search, reply);
}

// GEOSEARCH key FROMMEMBER m | FROMLONLAT lon lat  BYRADIUS r unit | BYBOX w h unit  [ASC | DESC] [COUNT n [ANY]]
// [WITHCOORD] [WITHDIST] [WITHHASH]
void geosearch(Database& database, Args args, Reply& reply, Session&) {
    search_places(database, args, GeoForm::search, false, "geosearch", reply);
}

// GEOSEARCHSTORE destination source ... [STOREDIST]
void geosearchstore(Database& database, Args args, Reply& reply, Session&) {
    search_places(database, args, GeoForm::search_store, false, "geosearchstore", reply);
}

// GEORADIUS key longitude latitude radius unit [WITHCOORD] [WITHDIST] [WITHHASH] [COUNT n [ANY]] [ASC | DESC]
// [STORE key | STOREDIST key]
void georadius(Database& database, Args args, Reply& reply, Session&) {
    search_places(database, args, GeoForm::radius, true, "georadius", reply);
}

// GEORADIUS_RO: as GEORADIUS, and stores nothing
void georadius_ro(Database& database, Args args, Reply& reply, Session&) {
    search_places(database, args, GeoForm::radius, false, "georadius_ro", reply);
}

// GEORADIUSBYMEMBER key member radius unit ..., as GEORADIUS
void georadiusbymember(Database& database, Args args, Reply& reply, Session&) {
    search_places(database, args, GeoForm::radius_by_member, true, "georadiusbymember", reply);
}

// GEORADIUSBYMEMBER_RO: as GEORADIUSBYMEMBER, and stores nothing
void georadiusbymember_ro(Database& database, Args args, Reply& reply, Session&) {
    search_places(database, args, GeoForm::radius_by_member, false, "georadiusbymember_ro", reply);
}

// The last STORE or STOREDIST counts, as it does where the options are read.
void find_stored_key(Args args, std::size_t options, std::vector<FoundKey>& found) {
    found.push_back({1, key_flag::ro | key_flag::access});
    std::uint32_t store = 0;
    for (std::size_t i = options; i + 1 < args.size(); ++i) {
        if (!equals_ignoring_case(args[i], "store") && !equals_ignoring_case(args[i], "storedist")) continue;
        store = static_cast<std::uint32_t>(++i);
    }
    if (store != 0) found.push_back({store, key_flag::ow | key_flag::update});
}

void find_radius_keys(Args args, std::vector<FoundKey>& found) { find_stored_key(args, 6, found); }
void find_radius_by_member_keys(Args args, std::vector<FoundKey>& found) { find_stored_key(args, 5, found); }

constexpr CommandSpec rows[] = {
    {.name = "geosearch",
     .arguments = "key (<from> FROMMEMBER member | (<fromlonlat:FROMLONLAT> longitude:double latitude:double)) "
                  "(<by> (<circle> BYRADIUS radius:double (<unit> M | KM | FT | MI)) | (<box> BYBOX width:double "
                  "height:double (<unit> M | KM | FT | MI))) [<order> ASC | DESC] [<count-block> COUNT "
                  "count:integer [ANY]] [WITHCOORD] [WITHDIST] [WITHHASH]",
     .arity = -7,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::geo,
     .since = "6.2.0",
     .summary = "Finds places inside a circle or a box.",
     .complexity = "O(N+log(M))",
     .handler = geosearch},
    {.name = "geosearchstore",
     .arguments = "destination:key source:key (<from> FROMMEMBER member | (<fromlonlat:FROMLONLAT> "
                  "longitude:double latitude:double)) (<by> (<circle> BYRADIUS radius:double (<unit> M | KM | FT "
                  "| MI)) | (<box> BYBOX width:double height:double (<unit> M | KM | FT | MI))) [<order> ASC | "
                  "DESC] [<count-block> COUNT count:integer [ANY]] [STOREDIST]",
     .arity = -8,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::ow | key_flag::update), keys::one(2, key_flag::ro | key_flag::access)},
     .group = Group::geo,
     .since = "6.2.0",
     .summary = "Stores the places inside a circle or a box.",
     .complexity = "O(N+log(M))",
     .handler = geosearchstore},
    {.name = "georadius",
     .arguments = "key longitude:double latitude:double radius:double (<unit> M | KM | FT | MI) [WITHCOORD] "
                  "[WITHDIST] [WITHHASH] [<count-block> COUNT count:integer [ANY]] [<order> ASC | DESC] [<store> "
                  "STORE storekey:key/key | STOREDIST storedistkey:key/key]",
     .arity = -6,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::ro | key_flag::access),
              keys::after("STORE", 6, 0, 1, 0, key_flag::ow | key_flag::update),
              keys::after("STOREDIST", 6, 0, 1, 0, key_flag::ow | key_flag::update)},
     .find_keys = find_radius_keys,
     .group = Group::geo,
     .since = "3.2.0",
     .summary = "Finds places around a point, and stores them where asked.",
     .complexity = "O(N+log(M))",
     .handler = georadius,
     .deprecated_since = "6.2.0",
     .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument"},
    {.name = "georadius_ro",
     .arguments = "key longitude:double latitude:double radius:double (<unit> M | KM | FT | MI) [WITHCOORD] "
                  "[WITHDIST] [WITHHASH] [<count-block> COUNT count:integer [ANY]] [<order> ASC | DESC]",
     .arity = -6,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::geo,
     .since = "3.2.10",
     .summary = "Finds places around a point.",
     .complexity = "O(N+log(M))",
     .handler = georadius_ro,
     .deprecated_since = "6.2.0",
     .replaced_by = "`GEOSEARCH` with the `BYRADIUS` argument"},
    {.name = "georadiusbymember",
     .arguments = "key member radius:double (<unit> M | KM | FT | MI) [WITHCOORD] [WITHDIST] [WITHHASH] "
                  "[<count-block> COUNT count:integer [ANY]] [<order> ASC | DESC] [<store> STORE "
                  "storekey:key/key | STOREDIST storedistkey:key/key]",
     .arity = -5,
     .access = Access::write(),
     .flags = flag::denyoom,
     .keys = {keys::one(1, key_flag::ro | key_flag::access),
              keys::after("STORE", 5, 0, 1, 0, key_flag::ow | key_flag::update),
              keys::after("STOREDIST", 5, 0, 1, 0, key_flag::ow | key_flag::update)},
     .find_keys = find_radius_by_member_keys,
     .group = Group::geo,
     .since = "3.2.0",
     .summary = "Finds places around another one, and stores them where asked.",
     .complexity = "O(N+log(M))",
     .handler = georadiusbymember,
     .deprecated_since = "6.2.0",
     .replaced_by = "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments"},
    {.name = "georadiusbymember_ro",
     .arguments = "key member radius:double (<unit> M | KM | FT | MI) [WITHCOORD] [WITHDIST] [WITHHASH] "
                  "[<count-block> COUNT count:integer [ANY]] [<order> ASC | DESC]",
     .arity = -5,
     .access = Access::read(),
     .keys = {keys::one(1, key_flag::ro | key_flag::access)},
     .group = Group::geo,
     .since = "3.2.10",
     .summary = "Finds places around another one.",
     .complexity = "O(N+log(M))",
     .handler = georadiusbymember_ro,
     .deprecated_since = "6.2.0",
     .replaced_by = "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments"},
};

}  // namespace

CommandFamily geo_search_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
