#include "proxy/mysql_front/analysis_cache.h"

#include "cache/base/hash.h"

namespace sabil::proxy::mysql_front {
namespace {

std::uint64_t mode_bits(const invalidation::sql::ParseMode& mode) noexcept {
    return static_cast<std::uint64_t>(mode.dialect) | static_cast<std::uint64_t>(mode.ansi_quotes) << 8 |
           static_cast<std::uint64_t>(mode.no_backslash_escapes) << 9 |
           static_cast<std::uint64_t>(mode.pipes_as_concat) << 10 | static_cast<std::uint64_t>(mode.ignore_space) << 11 |
           static_cast<std::uint64_t>(mode.foreign_grammar) << 12 | static_cast<std::uint64_t>(mode.charset) << 16 |
           static_cast<std::uint64_t>(mode.server_version) << 32;
}

}  // namespace

AnalysisRef AnalysisCache::make(std::string_view text, const invalidation::sql::ParseMode& mode) {
    auto analysis = make_analysis(text, mode);
    analysis.id = statistics_.intern(invalidation::sql::normalize(text, mode, 1024));
    return std::make_shared<const Analysis>(std::move(analysis));
}

// Drops what was not asked for since the last time; everything where all was.
void AnalysisCache::make_room() {
    for (auto it = entries_.begin(); it != entries_.end();) {
        if (it->second.used) {
            it->second.used = false;
            ++it;
        } else {
            it = entries_.erase(it);
        }
    }
    if (entries_.size() >= analyses_count_max) entries_.clear();
}

AnalysisRef AnalysisCache::find_or_make(std::string_view text, const invalidation::sql::ParseMode& mode) {
    if (text.size() > text_bytes_max) return make(text, mode);
    const auto bits = mode_bits(mode);
    const auto hash = hash_combine(hash_bytes(text), bits);
    if (auto it = entries_.find(hash); it != entries_.end() && it->second.mode == bits && it->second.text == text) {
        it->second.used = true;
        return it->second.analysis;
    }
    auto analysis = make(text, mode);
    if (entries_.size() >= analyses_count_max) make_room();
    entries_.insert_or_assign(hash, Entry{std::string(text), bits, analysis, false});
    return analysis;
}

}  // namespace sabil::proxy::mysql_front
