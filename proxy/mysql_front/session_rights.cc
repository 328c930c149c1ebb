// Which rights the session has: see LoginRights.
#include <asio/redirect_error.hpp>

#include <algorithm>

#include "proxy/mysql_front/session.h"

namespace sabil::proxy::mysql_front {
namespace {

using invalidation::sql::StatementKind;

bool may_read_rights(StatementKind kind) noexcept {
    return kind == StatementKind::use || kind == StatementKind::set_role || kind == StatementKind::account ||
           kind == StatementKind::call || kind == StatementKind::multi || kind == StatementKind::other;
}

}  // namespace

// A login that begins while it is not known whether an account's change is in force yet would be taken for one from
// before it, for as long as the session lasts: this is soon known.
Task<void> Session::begin_login() {
    auto& coherence = parts_.coherence;
    auto floor = coherence.floor();
    const invalidation::Dependencies everything;  // of the epoch: it is current once the epoch's start is visible
    const auto until = system_clock().steady() + rights_wait_limit;
    while (!coherence.rights_kept_since(floor) && system_clock().steady() < until) {
        const auto asked = co_await take_floor(everything);
        floor = coherence.floor();
        if (asked && coherence.rights_kept_since(floor)) break;
        Timer pause(worker_->worker.context().get_executor(), rights_wait_step);
        std::error_code ignored;
        co_await pause.async_wait(asio::redirect_error(use_task, ignored));
        floor = coherence.floor();
    }
    rights_.login_begins(floor);
}

void Session::look_at_rights(std::uint64_t epoch) noexcept {
    if (rights_.look(parts_.coherence, epoch)) state_.key_changed();
}

// What was kept for this session alone was read with the rights it had then.
void Session::note_rights_read(const Analysis* analysis, const mysql::SessionStateChanges& changes) noexcept {
    if (rights_.are_current()) return;
    const bool schema = std::any_of(changes.begin(), changes.end(), [](const auto& change) {
        return change.type == mysql::SessionStateType::schema;
    });
    if (!schema && (analysis == nullptr || !may_read_rights(analysis->statement.kind))) return;
    rights_.reread();
    state_.key_changed();
}

}  // namespace sabil::proxy::mysql_front
