#include "proxy/resp/commands/geo_search.h"

#include "proxy/resp/errors.h"
#include "proxy/resp/reply.h"

#include <cstdio>
#include <string>

namespace sabil::proxy::resp {
namespace {

bool refuse(std::string_view error, Reply& reply) {
    reply.error(error);
    return false;
}

}  // namespace

bool geo_unit_argument(std::string_view text, double& metres, Reply& reply) {
    if (equals_ignoring_case(text, "m")) {
        metres = 1;
    } else if (equals_ignoring_case(text, "km")) {
        metres = 1000;
    } else if (equals_ignoring_case(text, "ft")) {
        metres = 0.3048;
    } else if (equals_ignoring_case(text, "mi")) {
        metres = 1609.34;
    } else {
        return refuse("ERR unsupported unit provided. please use M, KM, FT, MI", reply);
    }
    return true;
}

bool geo_point_argument(std::string_view longitude, std::string_view latitude, cache::GeoPoint& point, Reply& reply) {
    if (!double_argument(longitude, point.longitude, reply) || !double_argument(latitude, point.latitude, reply)) {
        return false;
    }
    if (point.valid()) return true;
    char text[768];
    const int n =
        std::snprintf(text, sizeof text, "ERR invalid longitude,latitude pair %f,%f", point.longitude, point.latitude);
    return refuse({text, static_cast<std::size_t>(n)}, reply);
}

bool GeoSearch::center_on(const cache::ZSet* zset, std::string_view member, Reply& reply) {
    has_center_ = true;
    if (zset == nullptr) return true;
    const auto score = zset->score(member);
    if (!score) return refuse("ERR could not decode requested zset member", reply);
    area.center = cache::geo_decode(*score);
    return true;
}

bool GeoSearch::parse_circle(std::string_view radius, std::string_view unit, Reply& reply) {
    has_shape_ = true;
    area.is_box = false;
    if (!double_argument(radius, area.radius, reply, "ERR need numeric radius")) return false;
    if (area.radius < 0) return refuse("ERR radius cannot be negative", reply);
    if (!geo_unit_argument(unit, unit_m, reply)) return false;
    area.radius *= unit_m;
    return true;
}

bool GeoSearch::parse_box(std::string_view width, std::string_view height, std::string_view unit, Reply& reply) {
    has_shape_ = true;
    area.is_box = true;
    if (!double_argument(width, area.width, reply, "ERR need numeric width")) return false;
    if (!double_argument(height, area.height, reply, "ERR need numeric height")) return false;
    if (area.width < 0 || area.height < 0) return refuse("ERR height or width cannot be negative", reply);
    if (!geo_unit_argument(unit, unit_m, reply)) return false;
    area.width *= unit_m;
    area.height *= unit_m;
    return true;
}

// What stands at fixed places; `next` becomes the first option.
bool GeoSearch::parse_fixed(Args args, const cache::ZSet* zset, std::size_t& next, Reply& reply) {
    switch (form) {
        case GeoForm::search:
            next = 2;
            return true;
        case GeoForm::search_store:
            next = 3;
            store = args[1];
            stores = true;
            return true;
        case GeoForm::radius:
            next = 6;
            has_center_ = true;
            return geo_point_argument(args[2], args[3], area.center, reply) && parse_circle(args[4], args[5], reply);
        case GeoForm::radius_by_member:
            break;
    }
    next = 5;
    has_center_ = has_shape_ = true;
    // Without a key there is nothing to measure from, and the distance goes unread.
    return zset == nullptr || (center_on(zset, args[2], reply) && parse_circle(args[3], args[4], reply));
}

bool GeoSearch::take_search_option(Args options, const cache::ZSet* zset, std::size_t& taken, Reply& reply) {
    const auto word = options[0];
    const std::size_t left = options.size() - 1;
    if (left >= 1 && !has_center_ && equals_ignoring_case(word, "frommember")) {
        taken = 2;
        return center_on(zset, options[1], reply);
    }
    if (left >= 2 && !has_center_ && equals_ignoring_case(word, "fromlonlat")) {
        taken = 3;
        has_center_ = true;
        return geo_point_argument(options[1], options[2], area.center, reply);
    }
    if (left >= 2 && !has_shape_ && equals_ignoring_case(word, "byradius")) {
        taken = 3;
        return parse_circle(options[1], options[2], reply);
    }
    if (left >= 3 && !has_shape_ && equals_ignoring_case(word, "bybox")) {
        taken = 4;
        return parse_box(options[1], options[2], options[3], reply);
    }
    return true;
}

bool GeoSearch::take_store_option(Args options, std::size_t& taken) {
    const bool distance = equals_ignoring_case(options[0], "storedist");
    if (form == GeoForm::search_store && distance) {
        stores_distance = true;
        taken = 1;
    } else if (may_store && options.size() > 1 && (distance || equals_ignoring_case(options[0], "store"))) {
        store = options[1];
        stores = true;
        stores_distance = distance;
        taken = 2;
    }
    return taken != 0;
}

// `taken` stays 0 where the option is unknown; false where an error has been written.
bool GeoSearch::take_option(Args options, const cache::ZSet* zset, std::size_t& taken, Reply& reply) {
    const auto word = options[0];
    taken = 1;
    if (equals_ignoring_case(word, "withdist")) {
        with_distance = true;
    } else if (equals_ignoring_case(word, "withhash")) {
        with_score = true;
    } else if (equals_ignoring_case(word, "withcoord")) {
        with_point = true;
    } else if (equals_ignoring_case(word, "any")) {
        any = true;
    } else if (equals_ignoring_case(word, "asc")) {
        order = GeoOrder::ascending;
    } else if (equals_ignoring_case(word, "desc")) {
        order = GeoOrder::descending;
    } else if (options.size() > 1 && equals_ignoring_case(word, "count")) {
        taken = 2;
        if (!integer_argument(options[1], count, reply)) return false;
        if (count <= 0) return refuse("ERR COUNT must be > 0", reply);
    } else {
        taken = 0;
        if (take_store_option(options, taken)) return true;
        const bool searches = form == GeoForm::search || form == GeoForm::search_store;
        return !searches || take_search_option(options, zset, taken, reply);
    }
    return true;
}

bool GeoSearch::parse_options(Args options, const cache::ZSet* zset, Reply& reply) {
    for (std::size_t i = 0; i < options.size();) {
        std::size_t taken = 0;
        if (!take_option(options.subspan(i), zset, taken, reply)) return false;
        if (taken == 0) return refuse(errors::syntax, reply);
        i += taken;
    }
    return true;
}

bool GeoSearch::check(Reply& reply) const {
    const std::string name(command);
    if (stores && !plain()) {
        return refuse((form == GeoForm::search_store ? "ERR GEOSEARCHSTORE" : "ERR STORE option in GEORADIUS") +
                          std::string(" is not compatible with WITHDIST, WITHHASH and WITHCOORD options"),
                      reply);
    }
    if (!has_center_) {
        return refuse("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for " + name, reply);
    }
    if (!has_shape_) return refuse("ERR exactly one of BYRADIUS and BYBOX can be specified for " + name, reply);
    if (any && count == 0) return refuse("ERR the ANY argument requires COUNT argument", reply);
    return true;
}

bool GeoSearch::parse(Args args, const cache::ZSet* zset, Reply& reply) {
    std::size_t next = 0;
    if (!parse_fixed(args, zset, next, reply) || !parse_options(args.subspan(next), zset, reply) || !check(reply)) {
        return false;
    }
    if (count > 0 && order == GeoOrder::none && !any) order = GeoOrder::ascending;
    return true;
}

}  // namespace sabil::proxy::resp
