// What happens once, at start: going on from where the process before stood, and reading the schemas that will be asked
// for.
#include <spdlog/spdlog.h>

#include "proxy/coherence/backend.h"
#include "proxy/coherence/saved_schemas.h"

namespace sabil::proxy::coherence {

using invalidation::Visible;
using mysql::binlog::BinlogPosition;
using mysql::binlog::MariadbGtidPosition;
using mysql::binlog::MysqlGtidSet;

namespace {

constexpr std::size_t known_schemas_count_max = 256;
constexpr std::size_t tables_reread_count_max = 1024;  // schemas with more are read again when they are asked for

}  // namespace

// -- a warm restart

void Backend::read_resumption() {
    if (options_.resume.empty()) return;
    auto decoded = Resumption::decode(options_.resume);
    if (decoded) {
        resumption_ = std::move(*decoded);
    } else {
        tell_not_resumed(decoded.error().message);
    }
    options_.resume.clear();
}

// RESET within the server's life would let its history end and grow again to the same names: then nothing is shown.
bool Backend::resumable(const Server& server) {
    auto identity = resumption_->identity;
    const char* why = nullptr;
    if (decision_.mode != CoherenceMode::coherent) {
        why = "the mode is not coherent";
    } else if (!server.identity.follows(identity)) {
        why = "the server was restarted, or is another one";
    } else if (resumption_->resets != server.resets) {
        why = "the binlog was reset";
    }
    if (why != nullptr) drop_resumption(why);
    return why == nullptr;
}

void Backend::tell_not_resumed(std::string_view why) {
    spdlog::warn("coherence: saved entries are dropped: {}", why);
    std::lock_guard lock(shared_.mutex);
    shared_.not_resumed = why;
}

// The epochs go on after the saved one, so that a floor of it is never taken for one of ours.
void Backend::drop_resumption(std::string_view why) {
    tell_not_resumed(why);
    auto saved = resumption_->applied.epoch;
    resumption_.reset();
    if (epoch_first_ == 0 && !has_history_ && ledger_.started() == 0) (void)ledger_.restore({0, saved + 1}, {});
}

// Is what was applied still part of the server's history?
void Backend::compare_history(const Visible& seen_now, SteadyTime sent) {
    auto give_up = [this] {
        drop_resumption("the server's history is another one");
        base();
    };
    if (const auto* set = std::get_if<MysqlGtidSet>(&seen_now)) {
        const auto* applied = std::get_if<MysqlGtidSet>(&resumption_->at);
        return applied != nullptr && set->contains(*applied) ? resume(seen_now, sent) : give_up();
    }
    const auto* applied = std::get_if<BinlogPosition>(&resumption_->at);
    if (applied == nullptr || *applied > std::get<BinlogPosition>(seen_now)) return give_up();
    prober_.read_gtids(*applied, [this, seen_now, sent, give_up](const MariadbGtidPosition& gtids) {
        if (phase_ != Phase::basing || !resumption_) return;
        return gtids == resumption_->gtids ? resume(seen_now, sent) : give_up();
    });
}

void Backend::resume(const Visible& seen_now, SteadyTime sent) {
    auto from = std::move(*resumption_);
    resumption_.reset();
    auto restored = ledger_.restore(from.applied, from.registry);
    if (!restored) {
        tell_not_resumed(restored.error().message);
        return base();
    }
    for (auto& schema : from.schemas) (void)catalog_.accept(std::move(schema), from.applied.n);
    executed_.reset(from.at, from.gtids, {});  // how fresh that is, the probe tells once A has reached it
    executed_.probed(seen_now, sent);
    shared_.resumed = true;
    spdlog::info("coherence: goes on from {} in epoch {}", executed_.position(), from.applied.epoch);
    begin_history(seen_now, sent);
    settle();
}

SavePoint Backend::save_point() const {
    bool settled = phase_ == Phase::running && has_history_ && epoch_first_ == 0;
    if (!settled || decision_.mode != CoherenceMode::coherent || !server_) return {};
    Resumption now;
    now.identity = server_->identity;
    now.resets = server_->resets;
    now.registry = ledger_.registry();
    now.applied = {ledger_.applied(), ledger_.epoch()};
    now.at = executed_.resume_at();
    now.gtids = executed_.gtids();
    now.schemas = schemas_to_save(*catalog_.snapshot());
    auto bytes = now.encode();
    if (bytes.size() > Resumption::bytes_max) return {};
    return {std::move(bytes), now.applied, now.registry.next_signature};
}

// -- schemas

void Backend::report_when_loaded() {
    loading_at_start_ = on_started_ != nullptr;
    loading_until_ = std::chrono::steady_clock::now() + options_.preload_limit;
    step_loader();
}

// Those that were asked for once are read again as soon as a definition changes, not when a statement misses them.
void Backend::keep_schemas_loaded() {
    auto snapshot = catalog_.snapshot();
    if (snapshot->revision == known_revision_) return;
    known_revision_ = snapshot->revision;
    for (const auto& [name, definition] : snapshot->schemas) {
        bool small = definition->tables.size() <= tables_reread_count_max;
        if (small && known_schemas_.size() < known_schemas_count_max) known_schemas_.insert(name);
        if (!small) known_schemas_.erase(name);
    }
    std::vector<std::string> missing;
    for (const auto& name : known_schemas_) {
        const auto* definition = snapshot->schema(name);
        if (definition == nullptr || !definition->complete) missing.push_back(name);
    }
    loader_.want(missing);
}

}  // namespace sabil::proxy::coherence
