// Analyses by text, so that a statement seen before is not parsed again.
#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "proxy/mysql_front/analysis.h"
#include "proxy/mysql_front/statement_statistics.h"

namespace sabil::proxy::mysql_front {

// Thread-safety: one worker's own.
class AnalysisCache {
  public:
    // statistics must outlive it.
    explicit AnalysisCache(StatementStatistics& statistics) : statistics_(statistics) {}

    AnalysisRef find_or_make(std::string_view text, const invalidation::sql::ParseMode& mode);

    static constexpr std::size_t analyses_count_max = 2048;
    static constexpr std::size_t text_bytes_max = 16384;  // longer texts are analysed each time

  private:
    struct Entry {
        std::string text;
        std::uint64_t mode = 0;
        AnalysisRef analysis;
        bool used = false;
    };
    AnalysisRef make(std::string_view text, const invalidation::sql::ParseMode& mode);
    void make_room();

    StatementStatistics& statistics_;
    std::unordered_map<std::uint64_t, Entry> entries_;  // by hash of text and mode
};

}  // namespace sabil::proxy::mysql_front
