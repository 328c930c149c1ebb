// MIGRATE's handler and keys, for the family of DUMP and RESTORE.
#pragma once

#include "cache/store/database.h"
#include "proxy/resp/command_spec.h"

#include <vector>

namespace sabil::proxy::resp {

// MIGRATE host port key|"" database timeout [COPY] [REPLACE] [AUTH password | AUTH2 user password] [KEYS key ...]
void migrate(cache::Database& database, Args args, Reply& reply, Session& session);
// The key argument or, where KEYS is given, those after it.
void find_migrate_keys(Args args, std::vector<FoundKey>& found);

}  // namespace sabil::proxy::resp
