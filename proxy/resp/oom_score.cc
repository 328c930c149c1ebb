#include "proxy/resp/oom_score.h"

#include <algorithm>
#include <fstream>
#include <mutex>
#include <optional>

namespace sabil::proxy::resp {

Result<void> set_oom_score(std::string_view mode, int value) {
    constexpr const char* path = "/proc/self/oom_score_adj";
    constexpr int lowest = -1000, highest = 1000;
    static std::mutex mutex;
    static std::optional<int> found;  // before the first change; none while the score is not ours
    std::lock_guard lock(mutex);
    if (mode == "no" && !found) return {};
    int now = 0;
    if (!(std::ifstream(path) >> now)) return fail(ErrorCode::io, "Failed to read the OOM score");
    const int base = found.value_or(now);
    const int wanted = mode == "no" ? base : mode == "absolute" ? value : base + value;
    std::ofstream out(path);
    out << std::clamp(wanted, lowest, highest) << std::flush;
    if (!out) return fail(ErrorCode::io, "Failed to set the OOM score: the system refuses it");
    if (mode == "no") {
        found.reset();
    } else {
        found = base;
    }
    return {};
}

}  // namespace sabil::proxy::resp
