// Results of statements over a restart: they come back under the rules they were filled under, for sessions like those
// that they were filled for.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "proxy/mysql_front/front_parts.h"
#include "proxy/persistence/fill_keeper.h"

namespace sabil::proxy::mysql_front {

// Thread-safety: as FillKeeper says.
class ResultKeeper final : public persistence::FillKeeper {
  public:
    // parts must outlive it.
    explicit ResultKeeper(FrontParts& parts) : parts_(parts) {}

    std::string_view name() const override { return "results"; }
    std::unique_ptr<persistence::FillScribe> scribe() const override;
    bool begin_restore(std::string_view shared) override;
    std::unique_ptr<const cache::Provenance> revive(persistence::SavedFill& fill) override;

  private:
    FrontParts& parts_;
    std::unordered_map<FingerprintId, FingerprintId> fingerprints_;  // ids of the file -> ours
    std::vector<StatementId> statements_;                            // likewise, by position
    std::vector<DefinitionsId> definitions_;                         // likewise; the file's first is 1
};

}  // namespace sabil::proxy::mysql_front
