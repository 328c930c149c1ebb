#include "proxy/readthrough/lookup_keeper.h"

#include <algorithm>

#include "cache/base/bytes.h"
#include "proxy/readthrough/lookup_provenance.h"

namespace sabil::proxy::readthrough {
namespace {

void write_text(ByteWriter& out, std::string_view text) {
    out.u32(static_cast<std::uint32_t>(text.size()));
    out.bytes(text);
}

// shared: u16 lookups: { text name, text signature }; own: u16, the lookup's number in it.
class LookupScribe final : public persistence::FillScribe {
  public:
    explicit LookupScribe(const std::vector<std::shared_ptr<LookupState>>& states) {
        const auto count = std::min<std::size_t>(states.size(), UINT16_MAX);
        ByteWriter out(shared_);
        out.u16(static_cast<std::uint16_t>(count));
        for (std::size_t i = 0; i < count; ++i) {
            write_text(out, states[i]->config().name);
            write_text(out, signature_of(states[i]->config()));
            numbers_.push_back(states[i]->number());
        }
    }

    std::string_view shared() const override { return shared_; }

    bool describe(const cache::Entry& entry, persistence::FillProof& proof, std::string& own) const override {
        const auto* filled = dynamic_cast<const LookupProvenance*>(entry.provenance());
        if (filled == nullptr || dynamic_cast<const StaleProvenance*>(filled) != nullptr) return false;
        const auto number = std::find(numbers_.begin(), numbers_.end(), filled->lookup());
        if (number == numbers_.end()) return false;
        proof.dependencies = filled->proof().dependencies;
        proof.floor = filled->proof().floor;
        ByteWriter(own).u16(static_cast<std::uint16_t>(number - numbers_.begin()));
        return true;
    }

  private:
    std::string shared_;
    std::vector<std::uint64_t> numbers_;
};

}  // namespace

std::string signature_of(const LookupConfig& config) {
    // Named one by one, so that a new one cannot be forgotten here.
    const auto& [name, key, query, as, ttl, negative_ttl, while_revalidate, if_error, refresh, line] = config;
    (void)line;
    std::string bytes;
    ByteWriter out(bytes);
    for (const auto* text : {&name, &key, &query}) write_text(out, *text);
    out.u8(static_cast<std::uint8_t>(as));
    out.u64(static_cast<std::uint64_t>(ttl.count()));
    out.u64(static_cast<std::uint64_t>(negative_ttl ? negative_ttl->count() : -1));
    out.u64(static_cast<std::uint64_t>(while_revalidate.count()));
    out.u64(static_cast<std::uint64_t>(if_error.count()));
    out.u8(refresh ? 1 : 0);
    return bytes;
}

std::unique_ptr<persistence::FillScribe> LookupKeeper::scribe() const {
    return std::make_unique<LookupScribe>(lookups_.states());
}

bool LookupKeeper::begin_restore(std::string_view shared) {
    ByteReader in(shared);
    const auto states = lookups_.states();
    const auto count = in.u16();
    usable_.clear();
    for (std::uint16_t i = 0; i < count && in.ok(); ++i) {
        const std::string name(in.take(in.u32()));
        const auto signature = in.take(in.u32());
        const bool same = std::any_of(states.begin(), states.end(), [&](const auto& state) {
            return state->config().name == name && signature_of(state->config()) == signature;
        });
        usable_.push_back(same ? name : std::string());
    }
    return in.ok() && in.at_end();
}

std::unique_ptr<const cache::Provenance> LookupKeeper::revive(persistence::SavedFill& fill) {
    ByteReader in(fill.own);
    const auto number = in.u16();
    if (!in.ok() || number >= usable_.size() || usable_[number].empty()) return nullptr;
    return lookups_.revive(fill.database, fill.key, usable_[number], {fill.proof.dependencies, fill.proof.floor});
}

}  // namespace sabil::proxy::readthrough
