// A provenance whose servability tests switch.
#pragma once

#include <atomic>
#include <memory>

#include "cache/store/provenance.h"

namespace sabil::cache {

struct Servability {
    std::atomic<bool> servable{true};
};

class FakeProvenance final : public Provenance {
  public:
    explicit FakeProvenance(std::shared_ptr<Servability> state) : state_(std::move(state)) {}
    bool servable() const noexcept override { return state_->servable; }
    std::size_t heap_bytes() const noexcept override { return sizeof *this; }

  private:
    std::shared_ptr<Servability> state_;
};

inline std::unique_ptr<const Provenance> from(const std::shared_ptr<Servability>& state) {
    return std::make_unique<FakeProvenance>(state);
}

}  // namespace sabil::cache
