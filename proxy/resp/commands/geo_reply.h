// Coordinates and distances as Redis writes them.
#pragma once

#include "cache/types/geo.h"
#include "proxy/resp/number_format.h"
#include "proxy/resp/reply.h"

#include <cstdio>
#include <string_view>

namespace sabil::proxy::resp {

// 17 decimals at most; in RESP3 a double in that same text.
inline void reply_coordinate(double value, Reply& reply) {
    char text[long_double_bytes_max];
    const std::string_view digits(text, format_long_double(value, text));
    if (reply.resp_version() == 2) return reply.bulk(digits);
    reply.raw(",");
    reply.raw(digits);
    reply.raw("\r\n");
}

inline void reply_point(const cache::GeoPoint& point, Reply& reply) {
    reply.array(2);
    reply_coordinate(point.longitude, reply);
    reply_coordinate(point.latitude, reply);
}

// Four decimals, a bulk string in both protocols.
inline void reply_distance(double value, Reply& reply) {
    char text[352];
    const int n = std::snprintf(text, sizeof text, "%.4f", value);
    reply.bulk({text, static_cast<std::size_t>(n)});
}

}  // namespace sabil::proxy::resp
