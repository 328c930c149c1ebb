// A checksum of the data set that does not depend on the order in which keys or members are kept: equal data, equal
// digest, within one version of this program. For test suites.
#pragma once

#include "cache/store/database.h"

#include <string>

namespace sabil::proxy::resp {

// 40 hexadecimal digits; zeros for an empty data set. Needs all slices.
std::string dataset_digest(cache::Keyspace& keyspace);
// Of one value, with the lock of the key's slice; zeros where there is no such key.
std::string value_digest_text(cache::Database& database, const cache::KeyRef& key);

}  // namespace sabil::proxy::resp
