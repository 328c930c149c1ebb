// The process_* metrics that Prometheus' own client libraries give.
#pragma once

#include <cstdint>

#include "proxy/observe/registry.h"

namespace sabil::proxy::observe {

void register_process_metrics(Registry& registry);
// Resident set of this process in bytes; 0 where /proc does not tell.
std::uint64_t resident_bytes() noexcept;

}  // namespace sabil::proxy::observe
