// One command, one answer: a filled entry that was proven current when the command began stays visible to it, though a
// change may be applied before it has read the value.
#pragma once

#include <algorithm>
#include <vector>

#include "cache/store/provenance.h"

namespace sabil::cache {

// While one lives, Database::presence() remembers what it proved, for this thread alone. The slices of the keys asked
// about must be held for as long: what is remembered is told by its address. Scopes do not nest. Thread-safety: one thread.
class ProvenScope {
  public:
    ProvenScope() noexcept { current() = this; }
    ~ProvenScope() { current() = nullptr; }
    ProvenScope(const ProvenScope&) = delete;
    ProvenScope& operator=(const ProvenScope&) = delete;

    static void remember(const Provenance* provenance) {
        if (auto* scope = current()) scope->proven_.push_back(provenance);
    }
    static bool holds(const Provenance* provenance) noexcept {
        const auto* scope = current();
        return scope != nullptr && std::find(scope->proven_.begin(), scope->proven_.end(), provenance) != scope->proven_.end();
    }

  private:
    static ProvenScope*& current() noexcept {
        thread_local ProvenScope* scope = nullptr;
        return scope;
    }
    std::vector<const Provenance*> proven_;
};

}  // namespace sabil::cache
