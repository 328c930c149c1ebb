#include "tests/proxy/resp/commands/reply_table.h"

namespace sabil::proxy::resp {
namespace {

class GeoCommands : public ServerTest {};

TEST_F(GeoCommands, Places) {
    start();
    auto client = connect();
    const Expected table[] = {
        {"GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania", ":2"},
        {"GEODIST g Palermo Catania", "166274.1516"},
        {"GEODIST g Palermo Catania km", "166.2742"},
        {"GEODIST g Palermo nope", "nil"},
        {"GEOHASH g Palermo Catania", "[sqc8b49rny0 sqdtr74hyu0]"},
        {"GEOPOS g Palermo nope", "[[13.36138933897018433 38.11555639549629859] nil]"},
        {"GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC", "[Catania Palermo]"},
        {"GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 100 km ASC WITHDIST", "[[Catania 56.4413]]"},
        {"GEOSEARCH g FROMMEMBER Palermo BYBOX 400 400 km DESC", "[Catania Palermo]"},
        {"GEORADIUS g 15 37 200 km COUNT 1", "[Catania]"},
        {"GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 km STOREDIST", ":2"},
        {"ZRANGE d 0 -1", "[Catania Palermo]"},
        {"GEOADD poles 45 65 n1 -135 85.05 n2", ":2"},
        {"GEORADIUSBYMEMBER poles n1 5009431 m", "[n1 n2]"},
        {"GEOADD g 200 0 x", "-ERR invalid longitude,latitude pair 200.000000,0.000000"},
        {"GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 parsec", "-ERR unsupported unit provided. please use M, KM, FT, MI"},
        {"GEOSEARCH g BYRADIUS 1 km ASC COUNT 1 ANY",
         "-ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for geosearch"},
    };
    expect_replies(client, table);
}

}  // namespace
}  // namespace sabil::proxy::resp
