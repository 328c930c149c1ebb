#include "proxy/mysql_front/login_rights.h"

#include <algorithm>

namespace sabil::proxy::mysql_front {

void LoginRights::login_begins(invalidation::Floor floor) noexcept {
    login_ = floor;
    epoch_ = 0;
    current_ = true;
    own_.clear();
}

bool LoginRights::look(const Coherence& coherence, std::uint64_t epoch) noexcept {
    if (epoch == epoch_) return false;
    epoch_ = epoch;
    return std::exchange(current_, current_ && coherence.rights_kept_since(login_)) != current_;
}

FingerprintId LoginRights::own_fingerprint(Fingerprints& fingerprints, std::string bytes) {
    auto known = std::find_if(own_.begin(), own_.end(), [&](const auto& one) { return one.first == bytes; });
    if (known != own_.end()) return known->second;
    if (own_.size() >= own_count_max) own_.clear();
    own_.emplace_back(std::move(bytes), fingerprints.unshared());
    return own_.back().second;
}

}  // namespace sabil::proxy::mysql_front
