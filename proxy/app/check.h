// `sabil check` and `sabil explain`: what the configuration would do, without serving.
#pragma once

#include <string>

#include "proxy/app/config.h"

namespace sabil::proxy::app {

// Prints what was found; the exit code: 0, or 1 where anything would keep the server from doing what was configured.
int check(const Config& config);
// Prints whether the statement is cached, why not, its key and dependencies; 1 where it cannot be told.
int explain(const Config& config, const std::string& statement);

}  // namespace sabil::proxy::app
