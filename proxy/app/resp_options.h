// The configuration as the RESP face takes it.
#pragma once

#include "proxy/app/config.h"
#include "proxy/resp/resp_server.h"

namespace sabil::proxy::app {

resp::RespServerOptions resp_options(const Config& config);

}  // namespace sabil::proxy::app
