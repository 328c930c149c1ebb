// Finding a stream's consumer group, with the errors that its absence has.
#pragma once

#include "cache/types/stream_data.h"
#include "proxy/resp/commands/typed_access.h"

#include <string>
#include <string_view>

namespace sabil::proxy::resp {

struct GroupAccess {
    cache::StreamData* stream = nullptr;
    cache::StreamGroup* group = nullptr;

    explicit operator bool() const noexcept { return group != nullptr; }
};

// Nothing, with WRONGTYPE or "NOGROUP No such key '...' or consumer group '...'" written, where there is no such group.
inline GroupAccess find_group(cache::Database& database, const cache::KeyRef& key, std::string_view name,
                              bool for_write, Reply& reply) {
    const auto found = for_write ? database.find_for_write<cache::Stream>(key) : database.find<cache::Stream>(key);
    if (refuse_wrong_type(found, reply)) return {};
    GroupAccess access;
    if (found) access = {&**found, (*found)->find_group(name)};
    if (!access) {
        reply.error("NOGROUP No such key '" + std::string(key.key) + "' or consumer group '" + std::string(name) + "'");
    }
    return access;
}

}  // namespace sabil::proxy::resp
