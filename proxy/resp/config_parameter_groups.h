// The one list of parameter groups; each is a file of its own.
#pragma once

#include "proxy/resp/config_registry.h"

namespace sabil::proxy::resp {

std::span<const Parameter> data_parameters();
std::span<const Parameter> client_parameters();
std::span<const Parameter> persistence_parameters();
std::span<const Parameter> process_parameters();
std::span<const Parameter> replication_parameters();
std::span<const Parameter> newer_parameters();

}  // namespace sabil::proxy::resp
