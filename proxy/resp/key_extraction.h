// Finds a command's keys among its arguments by its key specs.
#pragma once

#include "proxy/resp/command_spec.h"

#include <vector>

namespace sabil::proxy::resp {

// Appends the keys in the order of the specs; a key named twice is found twice. False where the arguments do not fit
// the specs (a bad number of keys): the handler will answer with its own error. Keys with key_flag::not_key are left
// out unless `with_channels`.
bool find_keys(const CommandSpec& spec, Args args, std::vector<FoundKey>& found, bool with_channels = false);

}  // namespace sabil::proxy::resp
