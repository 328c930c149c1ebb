// The one list of command families. To add a family: declare its function here and name it in command_families.cc.
#pragma once

#include "proxy/resp/command_spec.h"

#include <span>

namespace sabil::proxy::resp {

CommandFamily connection_commands();
CommandFamily function_commands();
CommandFamily script_commands();

// All families. Thread-safety: constant.
std::span<const CommandFamily> command_families();

}  // namespace sabil::proxy::resp
