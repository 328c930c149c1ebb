#include "proxy/mysql_front/pending_fills.h"

#include <utility>

namespace sabil::proxy::mysql_front {

void PendingFills::add(PendingFill fill) {
    const auto bytes = fill.result->bytes().size() + fill.key.size();
    if (fills_.size() >= fills_count_max || bytes > bytes_max - bytes_) return done_(false);
    bytes_ += bytes;
    fills_.push_back(std::move(fill));
}

void PendingFills::settle(const Coherence& coherence, ResultCache& results, SteadyTime now) {
    std::vector<PendingFill> kept;
    bytes_ = 0;
    for (auto& fill : std::exchange(fills_, {})) {
        if (!coherence.confirmed_since(fill.connected)) {
            if (now - fill.read > wait_limit) {
                done_(false);
            } else {
                bytes_ += fill.result->bytes().size() + fill.key.size();
                kept.push_back(std::move(fill));
            }
            continue;
        }
        const auto& filled = *fill.provenance;
        bool stored = coherence.storable(filled.dependencies(), filled.floor());
        if (stored) {
            stored = results.store(fill.key, std::move(fill.result), std::move(fill.provenance), fill.ttl) ==
                     ResultCache::Outcome::stored;
        }
        done_(stored);
    }
    fills_ = std::move(kept);
}

}  // namespace sabil::proxy::mysql_front
