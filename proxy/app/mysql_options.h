// The configuration in the words of each room. Thread-safety: pure functions.
#pragma once

#include "mysql/client/pool.h"
#include "proxy/app/config.h"
#include "proxy/coherence/coherence_options.h"
#include "proxy/mysql_front/options.h"
#include "proxy/readthrough/lookup_service.h"

namespace sabil::proxy::app {

mysql::PoolOptions pool_options(const MysqlConfig& config);
coherence::Options coherence_options(const Config& config, mysql::Pool& pool);
readthrough::ServiceOptions service_options(const Config& config);
// mode: the one in force, which decides the default ttl.
mysql_front::MysqlFrontOptions front_options(const Config& config, CoherenceMode mode);
std::vector<mysql_front::RuleOptions> rule_options(const std::vector<RuleConfig>& rules);

// What the operator is to do about an error of the server or on the way to it; one sentence with the server's own
// words.
std::string explain_error(const MysqlConfig& config, const Error& error);

}  // namespace sabil::proxy::app
