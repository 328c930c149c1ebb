// What is kept of the database behind, entry by entry.
#pragma once

#include "cache/base/function_ref.h"
#include "cache/store/entry.h"
#include "cache/store/keyspace.h"

namespace sabil::cache {

// Visits every filled entry of all databases, the internal one included, whether or not it may be shown. Needs a LockSet
// of all slices, or a forked child's own memory.
void for_each_filled(Keyspace& keyspace, FunctionRef<void(unsigned database, const Entry&)> visit);

}  // namespace sabil::cache
