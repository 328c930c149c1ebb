// How readily the kernel kills this process when memory runs out (oom-score-adj, oom-score-adj-values).
#pragma once

#include "cache/base/result.h"

#include <string_view>

namespace sabil::proxy::resp {

// mode: "no" puts back what was found when the score was first changed; "yes" and "relative" add to it, "absolute"
// replaces it. Process-wide. Thread-safety: any thread. Errors: io, the system refused.
Result<void> set_oom_score(std::string_view mode, int value);

}  // namespace sabil::proxy::resp
