// Limits that force one encoding from the first element on, so that each container's suite runs over all of them.
#pragma once

#include <cstdint>

#include "cache/types/encoding_limits.h"

namespace sabil::cache {

inline EncodingLimits compact_limits() {
    EncodingLimits limits;
    limits.hash_max_listpack_entries = limits.set_max_listpack_entries = limits.zset_max_listpack_entries = UINT32_MAX;
    limits.hash_max_listpack_value = limits.set_max_listpack_value = limits.zset_max_listpack_value = UINT32_MAX;
    limits.list_max_listpack_size = INT32_MAX;
    return limits;
}

inline EncodingLimits large_limits() {
    EncodingLimits limits;
    limits.hash_max_listpack_entries = limits.set_max_listpack_entries = limits.zset_max_listpack_entries = 0;
    limits.set_max_intset_entries = 0;
    limits.list_max_listpack_size = 3;
    return limits;
}

}  // namespace sabil::cache
