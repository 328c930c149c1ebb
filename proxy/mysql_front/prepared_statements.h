// The statements a session has prepared, as the client knows them and as the server knows them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "proxy/mysql_front/analysis.h"
#include "proxy/mysql_front/fingerprint.h"

namespace sabil::proxy::mysql_front {

struct PreparedStatement {
    std::uint32_t id = 0;
    std::uint16_t parameters = 0;
    std::string text;
    AnalysisRef analysis;
    FingerprintId fingerprint = 0;  // of the session when it was prepared: names are resolved then; 0: do not cache
    std::string schema;             // the default schema then
    std::string types;              // as the client bound them last
    std::string server_types;       // as the server saw them last
    bool long_data = false;         // values were sent ahead for the next execution
    bool types_changed = false;     // bound with other types than before, on a server that remembers (see Session)
    std::string unseen;             // an execution with `types` that was answered from memory: the server has seen none
    // Where the client keeps definitions (mariadb_cache_metadata): a digest of those that the server sent last, and the
    // session's fingerprint when it last had that it need not send them again. Empty, 0: unknown.
    std::string definitions;
    FingerprintId definitions_confirmed = 0;
    bool cacheable() const noexcept {
        return fingerprint != 0 && !types_changed && analysis && analysis->statement.cacheable();
    }
};

// Thread-safety: one thread.
class PreparedStatements {
  public:
    // Past statements_count_max the statement is not known here, and is passed through.
    PreparedStatement* add(PreparedStatement statement) {
        last_ = statement.id;
        if (statements_.size() >= statements_count_max) return nullptr;
        auto& place = statements_[statement.id];
        place = std::move(statement);
        return &place;
    }
    // ~0 is MariaDB's "the one prepared last". nullptr: unknown.
    PreparedStatement* find(std::uint32_t id) noexcept {
        const auto it = statements_.find(id == last_prepared ? last_ : id);
        return it == statements_.end() ? nullptr : &it->second;
    }
    // The first of which `matches` holds; nullptr: none.
    template <class Matches>
    PreparedStatement* find_if(Matches matches) {
        for (auto& [id, statement] : statements_) {
            if (matches(static_cast<const PreparedStatement&>(statement))) return &statement;
        }
        return nullptr;
    }
    void erase(std::uint32_t id) noexcept { statements_.erase(id); }
    void clear() noexcept { statements_.clear(); }

    static constexpr std::size_t statements_count_max = 16384;
    static constexpr std::size_t text_bytes_max = 256 * 1024;
    static constexpr std::uint32_t last_prepared = 0xffffffff;

  private:
    std::unordered_map<std::uint32_t, PreparedStatement> statements_;
    std::uint32_t last_ = 0;
};

}  // namespace sabil::proxy::mysql_front
