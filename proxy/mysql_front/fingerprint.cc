#include "proxy/mysql_front/fingerprint.h"

#include <limits>

namespace sabil::proxy::mysql_front {

FingerprintId Fingerprints::intern(std::string_view bytes) {
    if (bytes.size() > fingerprint_bytes_max) return 0;
    const std::lock_guard lock(mutex_);
    if (auto known = ids_.find(bytes); known != ids_.end()) return known->second;
    if (last_ == std::numeric_limits<FingerprintId>::max()) return 0;
    if (ids_.size() >= fingerprints_count_max) ids_.clear();
    ids_.emplace(std::string(bytes), ++last_);
    return last_;
}

FingerprintId Fingerprints::unshared() {
    const std::lock_guard lock(mutex_);
    return last_ < unshared_below ? ++last_ : 0;
}

std::vector<std::pair<std::string, FingerprintId>> Fingerprints::all() const {
    const std::lock_guard lock(mutex_);
    return {ids_.begin(), ids_.end()};
}

}  // namespace sabil::proxy::mysql_front
