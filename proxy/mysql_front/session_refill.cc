// A result refilled on this session's connection to the server, unseen by its client: see Refills.
#include <cstring>

#include "cache/base/hash.h"
#include "mysql/wire/execute_request.h"
#include "mysql/wire/frame.h"
#include "mysql/wire/query_request.h"
#include "proxy/mysql_front/parameter_values.h"
#include "proxy/mysql_front/session.h"

namespace sabil::proxy::mysql_front {
namespace {

SteadyTime now() noexcept { return system_clock().steady(); }

void put_statement_id(std::string& execute, std::uint32_t id) noexcept {
    for (std::size_t i = 0; i < 4; ++i) execute[1 + i] = static_cast<char>(id >> (8 * i));
}

}  // namespace

// The same statement, prepared here under the same circumstances and bound with the same types.
PreparedStatement* Session::prepared_like(const Refill& refill) {
    if (keeps_definitions()) return nullptr;  // the client must see whatever definitions the server sends
    return prepared_.find_if([&](const PreparedStatement& statement) {
        if (!statement.cacheable() || statement.long_data || statement.text != refill.text) return false;
        const auto view = view_execute(refill.execute, login_.client_capabilities(), statement.parameters);
        if (!view || view->types != statement.types) return false;
        key_.clear();
        append_execute_key(key_, fingerprint_, statement.fingerprint, statement.text, statement.types, *view);
        return key_ == refill.key;
    });
}

bool Session::may_refill(const Refill& refill) {
    const bool at_rest = next_command_ != nullptr && idle_ && client_.is_open() && !backend_left_;
    const bool same = fingerprint_ == refill.fingerprint && fingerprint_version_ == state_.version() &&
                      rules_version_ == refill.rules_version;
    // What the server remembers of its last statement is not what the client saw last, and will be put right.
    const bool no_traces = !last_hit_.empty() && !last_hit_rows_only_;
    if (!at_rest || !same || !no_traces || !state_.autocommit() || state_.in_transaction() || !open_writes_.empty()) {
        return false;
    }
    if (refill.execute.empty()) return true;
    const bool attributes = mysql::has(login_.client_capabilities(), mysql::capability::query_attributes);
    return attributes == refill.attributes_negotiated && prepared_like(refill) != nullptr;
}

// The coroutine wakes as for a command, and sleeps again when the answer is stored. What came in between is looked at
// then.
void Session::refill(std::shared_ptr<RefillJob> job) {
    refill_job_ = std::move(job);
    batch_began_ = now();
    turn_ = Turn::refill;
    client_.forget_input();
    go_on({});
}

Task<Session::Step> Session::run_refill() {
    const auto job = std::exchange(refill_job_, nullptr);
    if (co_await keep_backend_awake(batch_began_) == Step::lost) co_return Step::lost;
    if (!may_serve() || fingerprint_ != job->refill->fingerprint) co_return Step::next;
    const auto& refill = *job->refill;
    std::string payload = refill.execute;
    Read read;
    read.analysis = refill.analysis;
    read.text = refill.text;
    read.began = now();
    if (payload.empty()) {
        (void)mysql::build_query(payload, refill.text, login_.server_capabilities());
    } else {
        read.command = mysql::Command::stmt_execute;
        read.prepared = prepared_like(refill);
        if (read.prepared == nullptr) co_return Step::next;
        put_statement_id(payload, read.prepared->id);
        const auto view = view_execute(payload, login_.client_capabilities(), read.prepared->parameters);
        if (!view) co_return Step::next;
        read.execute = *view;
    }
    std::string frame;
    std::uint8_t sequence = 0;
    mysql::append_packet(frame, sequence, payload);
    read.frame = frame;
    FlightGuard guard;
    const auto flight = hash_bytes(refill.key);
    const auto role = parts_.flights.join(
        flight, [](invalidation::Floor) { return false; }, []() -> Flights::Wake { return [] {}; });
    if (role == Flights::Role::follower || role == Flights::Role::alone) co_return Step::next;  // a reader fills it
    guard.lead(parts_.flights, flight);
    guard.set_floor(job->floor);
    auto dependencies = job->dependencies;
    auto terms = terms_of(read, dependencies, refill.verdict);
    terms.floor = job->floor;
    terms.sent = now();
    AnswerCopy copy(parts_.options.max_result_bytes);
    if (!co_await send_command(read)) co_return Step::lost;
    const auto outcome = co_await relay_.collect(read.command, login_.server_capabilities(), filter(read.analysis.get()), copy);
    if (outcome != AnswerRelay::Outcome::done) co_return Step::lost;
    after_answer(nullptr);
    parts_.metrics.backend_seconds.record(now() - terms.sent);
    const bool kept = !relay_.summary().failed && !copy.too_big() && keep(read, terms, refill.key, copy);
    parts_.metrics.refresh(kept ? "stored" : "rejected").add();
    if (!kept) co_return Step::next;
    auto next = std::make_shared<Refill>(refill);
    next->worker = worker_->index();
    parts_.refills->watch(std::move(next), job->dependencies, job->floor);
    co_return Step::next;
}

// After a fill that a rule wants kept fresh.
void Session::watch_for_refill(const Read& read, const RuleVerdict& verdict, const std::string& key,
                               const invalidation::Dependencies& dependencies, invalidation::Floor floor) {
    if (read.analysis->counts_rows) return parts_.metrics.refresh("calc_found_rows").add();
    if (read.prepared != nullptr && keeps_definitions()) return parts_.metrics.refresh("client_keeps_definitions").add();
    if (!client_.plain()) return parts_.metrics.refresh("encrypted_or_compressed_client").add();
    auto refill = std::make_shared<Refill>();
    refill->key = key;
    refill->fingerprint = fingerprint_;
    refill->rules_version = rules_version_;
    refill->text = read.text;
    refill->analysis = read.analysis;
    refill->schema = state_.identity().schema;
    refill->verdict = verdict;
    refill->worker = worker_->index();
    if (read.prepared != nullptr) {
        append_with_types(refill->execute, read.frame.substr(mysql::frame_header_bytes), read.execute,
                          read.prepared->types);
        refill->attributes_negotiated = mysql::has(login_.client_capabilities(), mysql::capability::query_attributes);
        refill->schema = read.prepared->schema;
        const auto values =
            parameter_values(refill->execute, login_.client_capabilities(), read.prepared->parameters);
        if (!values) return parts_.metrics.refresh("parameters").add();
        refill->values = *values;
    }
    parts_.refills->watch(std::move(refill), dependencies, floor);
}

}  // namespace sabil::proxy::mysql_front
