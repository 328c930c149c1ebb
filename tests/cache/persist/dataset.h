// A keyspace holding every type in every encoding, and its contents as text to compare.
#pragma once

#include <map>
#include <string>

#include "cache/store/keyspace.h"

namespace sabil::cache {

// expiry_base: expiries lie after it.
void fill_dataset(Keyspace& keyspace, WallTime expiry_base);
// "database:key" -> type, expiry and contents, in an order of its own.
std::map<std::string, std::string> describe(Keyspace& keyspace);

}  // namespace sabil::cache
