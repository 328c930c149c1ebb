#include "proxy/readthrough/lookup_service.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "cache/store/database.h"
#include "proxy/coherence/auditor.h"
#include "proxy/readthrough/filler.h"
#include "proxy/coherence/gate.h"
#include "proxy/readthrough/value_text.h"

namespace sabil::proxy::readthrough {
namespace {

// The lookups in force, with what they gathered. Immutable.
struct ActiveSet {
    LookupSet set;
    std::vector<std::shared_ptr<LookupState>> states;
};

// The pool's answers come in through the gate.
Submit through(const std::shared_ptr<Gate>& gate, Submit submit) {
    return [gate, submit = std::move(submit)](std::string statement, std::vector<mysql::Pool::Parameter> parameters,
                                              mysql::Pool::Callback done, std::chrono::milliseconds limit) {
        submit(
            std::move(statement), std::move(parameters),
            [gate, done = std::move(done)](Result<mysql::Rows> rows) {
                Gate::Entry entry(*gate);
                if (entry) done(std::move(rows));
            },
            limit);
    };
}

}  // namespace

struct LookupService::Impl {
    Impl(cache::Keyspace& keyspace_in, Coherence& coherence_in, Submit submit, ServiceOptions options,
         observe::Registry& registry_in, observe::FaceMetrics metrics_in)
        : keyspace(keyspace_in),
          coherence(coherence_in),
          default_schema(options.default_schema),
          registry(registry_in),
          metrics(metrics_in),
          gate(std::make_shared<Gate>()),
          filler(keyspace_in, coherence_in, through(gate, std::move(submit)), std::move(options), std::move(metrics_in),
                 gate),
          active(nullptr) {
        sets.push_back(std::make_unique<ActiveSet>());
        active = sets.back().get();
    }

    const ActiveSet& current() const noexcept { return *active.load(std::memory_order_acquire); }

    cache::Keyspace& keyspace;
    Coherence& coherence;
    std::string default_schema;
    observe::Registry& registry;
    observe::FaceMetrics metrics;
    std::shared_ptr<Gate> gate;
    Filler filler;
    std::atomic<const ActiveSet*> active;
    std::mutex mutex;                              // of what follows
    std::vector<std::unique_ptr<ActiveSet>> sets;  // match() gives views into them without a lock: kept to the end
    std::uint64_t next_number = 1;
    std::atomic<Auditor*> auditor{nullptr};
    std::mutex changed_mutex;  // held while on_changed runs: whoever resets it waits for that
    std::function<void(std::string_view)> on_changed;
};

LookupService::LookupService(cache::Keyspace& keyspace, Coherence& coherence, Submit submit, ServiceOptions options,
                             observe::Registry& registry, observe::FaceMetrics metrics)
    : impl_(std::make_unique<Impl>(keyspace, coherence, std::move(submit), std::move(options), registry,
                                   std::move(metrics))) {}

LookupService::~LookupService() = default;

void LookupService::close() {
    impl_->gate->close();
}

void LookupService::set_lookups(LookupSet set) {
    auto fresh = std::make_unique<ActiveSet>();
    fresh->set = std::move(set);
    std::vector<std::uint64_t> kept;
    {
        std::lock_guard lock(impl_->mutex);
        const auto& old = impl_->current();
        for (const auto& lookup : fresh->set.lookups()) {
            auto same = std::find_if(old.states.begin(), old.states.end(), [&](const auto& state) {
                auto config = state->config();
                config.line = lookup.config.line;
                return config == lookup.config;
            });
            if (same != old.states.end()) {
                fresh->states.push_back(*same);
                kept.push_back((*same)->number());
            } else {
                fresh->states.push_back(std::make_shared<LookupState>(lookup, impl_->next_number++, impl_->registry));
            }
        }
        for (const auto& state : old.states) {
            if (std::find(kept.begin(), kept.end(), state->number()) == kept.end()) state->retire();
        }
        impl_->sets.push_back(std::move(fresh));
        impl_->active.store(impl_->sets.back().get(), std::memory_order_release);
    }
    impl_->keyspace.drop_filled([&](unsigned, const cache::KeyRef&, const cache::Provenance& provenance) {
        const auto* filled = dynamic_cast<const LookupProvenance*>(&provenance);
        return filled != nullptr && std::find(kept.begin(), kept.end(), filled->lookup()) == kept.end();
    });
}

bool LookupService::empty() const noexcept {
    return impl_->current().set.empty();
}

std::string_view LookupService::match(std::string_view key) const noexcept {
    const auto& active = impl_->current();
    Captures captures;
    auto index = active.set.match(key, captures);
    return index ? std::string_view(active.states[*index]->config().name) : std::string_view{};
}

void LookupService::fill(unsigned database, std::string key, std::function<void(resp::FillResult)> done) {
    Gate::Entry entry(*impl_->gate);
    if (!entry) return done({resp::FillOutcome::unavailable, "the server is stopping", nullptr});
    const auto& active = impl_->current();
    Captures captures;
    auto index = active.set.match(key, captures);
    if (!index) return done({});  // the lookup went with a reload: the key is an ordinary one now
    // The captures view a copy: the key moves into the fill.
    std::string viewed = key;
    (void)active.set.match(viewed, captures);
    impl_->filler.fill(database, std::move(key), active.states[*index], captures, std::move(done));
}

std::unique_ptr<const cache::Provenance> LookupService::revive(unsigned database, std::string_view key,
                                                               std::string_view lookup, Proof proof) {
    const auto& active = impl_->current();
    Captures captures;
    auto index = active.set.match(key, captures);
    if (!index || active.states[*index]->config().name != lookup) return nullptr;
    return impl_->filler.revive(database, std::string(key), active.states[*index], captures, std::move(proof));
}

void LookupService::count_hit(std::string_view lookup) noexcept {
    impl_->metrics.hits.add();
    const auto& active = impl_->current();
    if (auto index = active.set.find(lookup)) active.states[*index]->count_hit();
}

void LookupService::refresh_early(cache::Database& database, std::string_view key) {
    const auto* filled = dynamic_cast<const LookupProvenance*>(database.provenance(cache::KeyRef(key)));
    if (filled == nullptr || !filled->begin_early_refresh()) return;
    const auto& active = impl_->current();
    std::string name(key);
    Captures captures;
    if (auto index = active.set.match(name, captures)) {
        impl_->filler.fill_early(database.index(), name, active.states[*index], captures);
    }
}

// The value is compared as it was; a key that is not a lookup's any more, or of a value shown once, is left out.
void LookupService::hit(cache::Database& database, std::string_view key, std::string_view lookup) {
    impl_->metrics.hits.add();
    const auto& active = impl_->current();
    if (auto state = active.set.find(lookup)) {
        active.states[*state]->count_hit();
        auto& wanted = *active.states[*state]->early_wanted();
        if (wanted.load(std::memory_order_relaxed) && wanted.exchange(false, std::memory_order_relaxed)) {
            refresh_early(database, key);
        }
    }
    auto* auditor = impl_->auditor.load(std::memory_order_acquire);
    if (auditor == nullptr || !auditor->sample()) return;
    cache::KeyRef ref(key);
    const auto* filled = dynamic_cast<const LookupProvenance*>(database.provenance(ref));
    const auto* entry = database.peek(ref);
    std::string name(key);
    Captures captures;
    auto index = active.set.match(name, captures);
    if (filled == nullptr || entry == nullptr || !index) return;
    AuditDifference difference{.face = "resp",
                               .question = name,
                               .dependencies = filled->proof().dependencies,
                               .floor = filled->proof().floor,
                               .applied = impl_->coherence.status().applied,
                               .answered = {},
                               .kept = value_text(copy_of(*entry)),
                               .answer = {}};
    impl_->filler.audit(active.states[*index], captures, *auditor, std::move(difference));
}

void LookupService::set_auditor(Auditor* auditor) noexcept {
    impl_->auditor.store(auditor, std::memory_order_release);
}

void LookupService::time_hits(std::uint32_t count, std::chrono::nanoseconds took) noexcept {
    for (; count > 0; --count) impl_->metrics.hit_seconds.record(took);
}

bool LookupService::track(cache::Database& database, std::string_view key) {
    Captures captures;
    if (!impl_->current().set.match(key, captures)) return true;
    const auto* filled = dynamic_cast<const LookupProvenance*>(database.provenance(cache::KeyRef(key)));
    if (filled == nullptr) return false;
    if (!filled->begin_watch()) return true;
    const auto& proof = filled->proof();
    bool watched = impl_->coherence.watch(
        proof.dependencies, proof.floor, [impl = impl_.get(), gate = impl_->gate, name = std::string(key)] {
            Gate::Entry entry(*gate);
            if (!entry) return;
            std::lock_guard lock(impl->changed_mutex);
            if (impl->on_changed) impl->on_changed(name);
        });
    if (!watched) filled->end_watch();
    return watched;
}

void LookupService::set_on_changed(std::function<void(std::string_view)> on_changed) {
    std::lock_guard lock(impl_->changed_mutex);
    impl_->on_changed = std::move(on_changed);
}

void LookupService::inspect(std::function<void(Result<std::vector<Finding>>)> done) {
    struct Gathered {
        std::mutex mutex;
        std::size_t left = 0;
        std::vector<Finding> findings;
        std::optional<Error> error;
        std::function<void(Result<std::vector<Finding>>)> done;
    };
    const auto& active = impl_->current();
    if (active.states.empty()) return done(std::vector<Finding>{});
    auto gathered = std::make_shared<Gathered>();
    gathered->left = active.states.size();
    gathered->done = std::move(done);
    for (const auto& state : active.states) {
        impl_->filler.inspector().inspect(state, [gathered](Result<std::vector<Finding>> findings) {
            std::unique_lock lock(gathered->mutex);
            if (findings) {
                std::move(findings->begin(), findings->end(), std::back_inserter(gathered->findings));
            } else if (!gathered->error) {
                gathered->error = findings.error();
            }
            if (--gathered->left > 0) return;
            lock.unlock();
            if (gathered->error) return gathered->done(tl::unexpected(*gathered->error));
            gathered->done(std::move(gathered->findings));
        });
    }
}

bool LookupService::tables_are_loaded() {
    bool all = true;
    for (const auto& state : impl_->current().states) {
        auto analysis = state->analysis();
        if (!analysis->statement.cacheable()) continue;
        Captures captures;
        for (std::size_t i = 0; i < state->lookup().key.names().size(); ++i) captures.values[captures.count++] = "0";
        auto parameters = readthrough::bind(state->lookup().query, analysis->kinds, captures);
        if (!parameters) continue;
        auto found = impl_->coherence.dependencies(analysis->statement, impl_->default_schema, parameters->literals);
        all = all && (found.dependencies || found.reason != "schema_loading");
    }
    return all;
}

std::vector<std::shared_ptr<LookupState>> LookupService::states() const {
    return impl_->current().states;
}

Result<std::uint64_t> LookupService::purge(std::string_view lookup) {
    const auto& active = impl_->current();
    auto index = active.set.find(lookup);
    if (!index) {
        std::string names;
        for (const auto& state : active.states) names += (names.empty() ? "" : ", ") + state->config().name;
        return fail(ErrorCode::not_found, "no lookup is named '" + std::string(lookup) + "'" +
                                              (names.empty() ? "; none is configured" : "; there are " + names));
    }
    auto number = active.states[*index]->number();
    std::uint64_t copies = 0;
    auto dropped =
        impl_->keyspace.drop_filled([&](unsigned, const cache::KeyRef&, const cache::Provenance& provenance) {
            const auto* filled = dynamic_cast<const LookupProvenance*>(&provenance);
            if (filled == nullptr || filled->lookup() != number) return false;
            if (dynamic_cast<const StaleProvenance*>(filled) != nullptr) ++copies;
            return true;
        });
    return dropped - copies;
}

std::size_t LookupService::fills_under_way() const {
    return impl_->filler.under_way();
}

}  // namespace sabil::proxy::readthrough
