// Whether a statement is cached, why not, and on what its result depends.
#pragma once

#include <string>
#include <string_view>

#include "cache/base/result.h"
#include "proxy/coherence/coherence.h"
#include "proxy/resp/sabil_admin.h"

namespace sabil::proxy::app {

// coherence: null where there is no database to ask. Errors: invalid for an empty statement.
// Thread-safety: any thread.
Result<resp::AdminRecord> explain_statement(std::string_view statement, Coherence* coherence,
                                            const std::string& default_schema);

}  // namespace sabil::proxy::app
