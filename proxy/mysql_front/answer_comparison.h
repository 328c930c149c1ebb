// Is a resultset kept in memory the one that the server gives now?
#pragma once

#include <string_view>

#include "cache/types/blob.h"
#include "proxy/mysql_front/stored_result.h"

namespace sabil::proxy::mysql_front {

// answer, head: the server's, as locate_flags() judged it. Status flags do not count, nor does the order of packets:
// without ORDER BY it is the server's choice each time. Thread-safety: pure.
bool same_rows(const SharedDefinitions& definitions, const cache::Blob& kept, std::string_view answer,
               const StoredResultHead& head);

}  // namespace sabil::proxy::mysql_front
