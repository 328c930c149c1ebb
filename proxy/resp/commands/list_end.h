// The two ends of a list as arguments, events and replies.
#pragma once

#include "cache/types/list.h"
#include "proxy/resp/commands/index_range.h"
#include "proxy/resp/commands/typed_access.h"

#include <optional>
#include <string_view>

namespace sabil::proxy::resp {

inline std::string_view push_event(cache::ListEnd end) noexcept {
    return end == cache::ListEnd::front ? "lpush" : "rpush";
}
inline std::string_view pop_event(cache::ListEnd end) noexcept {
    return end == cache::ListEnd::front ? "lpop" : "rpop";
}

// LEFT or RIGHT; "ERR syntax error" otherwise.
inline bool list_end_argument(std::string_view word, cache::ListEnd& end, Reply& reply) {
    const bool left = equals_ignoring_case(word, "left");
    if (!left && !equals_ignoring_case(word, "right")) {
        reply.error(errors::syntax);
        return false;
    }
    end = left ? cache::ListEnd::front : cache::ListEnd::back;
    return true;
}

// Removes `count` elements, which the list has, and writes them as an array.
inline void reply_popped(cache::List& list, cache::ListEnd end, std::size_t count, Reply& reply) {
    reply.array(count);
    for (std::size_t i = 0; i < count; ++i) {
        list.pop(end, [&](cache::ElementView element) { reply_element(reply, element); });
    }
}

}  // namespace sabil::proxy::resp
