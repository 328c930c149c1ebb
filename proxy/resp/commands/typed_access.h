// What every data family does with the store: answer WRONGTYPE, write elements, tell of removals.
#pragma once

#include "cache/store/database.h"
#include "cache/types/element.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/session.h"

#include <string_view>

namespace sabil::proxy::resp {

// True, with the error written, where the key holds another type. `found` is a cache::Lookup or a cache::StringLookup.
template <class Found>
bool refuse_wrong_type(const Found& found, Reply& reply) {
    if (found.wrong_type) reply.error(errors::wrong_type);
    return found.wrong_type;
}

inline void reply_element(Reply& reply, const cache::ElementView& element) {
    if (element.is_integer()) return reply.bulk_integer(element.integer());
    reply.bulk(element.bytes());
}

// A container lost elements: tells the event, and where it is empty now removes the key and tells "del".
inline void tell_shrunk(cache::Database& database, const cache::KeyRef& key, cache::EventClass event_class,
                        std::string_view event, bool now_empty) {
    if (now_empty) database.erase(key);
    database.changed(key, event_class, event);
    if (now_empty) database.notify(key, cache::EventClass::generic, "del");
}

}  // namespace sabil::proxy::resp
