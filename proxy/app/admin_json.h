// Records of the administration as JSON. Thread-safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "proxy/resp/sabil_admin.h"

namespace sabil::proxy::app {

std::string to_json(const resp::AdminRecord& record);
std::string to_json(const std::vector<resp::AdminRecord>& records);

}  // namespace sabil::proxy::app
