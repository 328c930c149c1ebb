// The CPUs that threads may run on, as redis.conf and taskset write them.
#pragma once

#include <string_view>
#include <vector>

#include "cache/base/result.h"

namespace sabil::proxy::net {

// "0-3,8,10-14:2" (every second one of 10 .. 14) as numbers, in the order given; empty for "". CPUs are 0 .. 1023.
// Errors: invalid, naming the part that is no CPU.
Result<std::vector<unsigned>> parse_cpu_list(std::string_view list);

// Confines the calling thread, and those it starts from then on, to these CPUs; nothing for "". Thread-safety: any.
// Errors: invalid; io, where this machine has none of them.
Result<void> run_on_cpus(std::string_view list);

}  // namespace sabil::proxy::net
