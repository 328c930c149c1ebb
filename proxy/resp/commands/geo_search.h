// The arguments of GEOSEARCH and GEORADIUS in all their forms.
#pragma once

#include "cache/types/geo.h"
#include "cache/types/zset.h"
#include "proxy/resp/args.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace sabil::proxy::resp {

class Reply;

// m, km, ft, mi: how many metres one is. Error: "ERR unsupported unit provided. please use M, KM, FT, MI".
bool geo_unit_argument(std::string_view text, double& metres, Reply& reply);
// Longitude and latitude. Errors: "ERR value is not a valid float", "ERR invalid longitude,latitude pair x,y".
bool geo_point_argument(std::string_view longitude, std::string_view latitude, cache::GeoPoint& point, Reply& reply);

enum class GeoOrder : std::uint8_t { none, ascending, descending };
enum class GeoForm : std::uint8_t { search, search_store, radius, radius_by_member };

struct GeoSearch {
    GeoForm form = GeoForm::search;
    bool may_store = false;  // GEORADIUS without _RO
    std::string_view command;

    cache::GeoArea area;
    double unit_m = 1;
    GeoOrder order = GeoOrder::none;
    std::int64_t count = 0;  // 0: all
    bool any = false;
    bool with_distance = false;
    bool with_score = false;
    bool with_point = false;
    std::string_view store;
    bool stores = false;
    bool stores_distance = false;

    // zset: where the member of FROMMEMBER is looked up; nullptr for a missing key.
    bool parse(Args args, const cache::ZSet* zset, Reply& reply);
    bool plain() const noexcept { return !with_distance && !with_score && !with_point; }

  private:
    bool parse_fixed(Args args, const cache::ZSet* zset, std::size_t& next, Reply& reply);
    bool parse_options(Args options, const cache::ZSet* zset, Reply& reply);
    bool take_option(Args options, const cache::ZSet* zset, std::size_t& taken, Reply& reply);
    bool take_search_option(Args options, const cache::ZSet* zset, std::size_t& taken, Reply& reply);
    bool take_store_option(Args options, std::size_t& taken);
    bool check(Reply& reply) const;
    bool center_on(const cache::ZSet* zset, std::string_view member, Reply& reply);
    bool parse_circle(std::string_view radius, std::string_view unit, Reply& reply);
    bool parse_box(std::string_view width, std::string_view height, std::string_view unit, Reply& reply);

    bool has_center_ = false;
    bool has_shape_ = false;
};

}  // namespace sabil::proxy::resp
