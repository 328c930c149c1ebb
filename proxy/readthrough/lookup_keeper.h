// Lookups' entries over a restart: they come back for a lookup that is configured as it was.
#pragma once

#include <string>
#include <vector>

#include "proxy/persistence/fill_keeper.h"
#include "proxy/readthrough/lookup_service.h"

namespace sabil::proxy::readthrough {

// Everything in a lookup's configuration that its entries depend on, as bytes.
std::string signature_of(const LookupConfig& config);

// Thread-safety: as FillKeeper says.
class LookupKeeper final : public persistence::FillKeeper {
  public:
    // lookups must outlive it.
    explicit LookupKeeper(LookupService& lookups) : lookups_(lookups) {}

    std::string_view name() const override { return "lookups"; }
    std::unique_ptr<persistence::FillScribe> scribe() const override;
    bool begin_restore(std::string_view shared) override;
    std::unique_ptr<const cache::Provenance> revive(persistence::SavedFill& fill) override;

  private:
    LookupService& lookups_;
    std::vector<std::string> usable_;  // names by their number in the file; empty: not configured as it was
};

}  // namespace sabil::proxy::readthrough
