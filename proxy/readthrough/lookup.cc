#include "proxy/readthrough/lookup.h"

namespace sabil::proxy::readthrough {

std::string_view encoding_name(Encoding encoding) noexcept {
    switch (encoding) {
        case Encoding::json:
            return "json";
        case Encoding::row:
            return "row";
        case Encoding::string:
            return "string";
        case Encoding::hash:
            return "hash";
        case Encoding::list:
            return "list";
        case Encoding::set:
            return "set";
        case Encoding::zset:
            return "zset";
    }
    return "?";
}

}  // namespace sabil::proxy::readthrough
