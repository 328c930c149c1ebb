// Reads: from memory where that is proved right, else from the server and, on the way, into memory.
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>

#include <algorithm>

#include "cache/base/hash.h"
#include "mysql/wire/execute_request.h"
#include "mysql/wire/frame.h"
#include "proxy/coherence/auditor.h"
#include "proxy/mysql_front/answer_comparison.h"
#include "proxy/mysql_front/parameter_values.h"
#include "proxy/mysql_front/session.h"

namespace sabil::proxy::mysql_front {
namespace {

SteadyTime now() noexcept { return system_clock().steady(); }

std::optional<std::chrono::milliseconds> shorter(std::optional<std::chrono::milliseconds> a,
                                                 std::optional<std::chrono::milliseconds> b) {
    if (!a || !b) return a ? a : b;
    return std::min(*a, *b);
}

}  // namespace

void Session::refresh_fingerprint() {
    const auto rules_version = parts_.rules_version.load(std::memory_order_acquire);
    if (fingerprint_version_ == state_.version() && rules_version_ == rules_version && fingerprint_ != 0) return;
    fingerprint_version_ = state_.version();
    rules_version_ = rules_version;
    if (!state_.identified()) {
        fingerprint_ = 0;
    } else if (rights_.are_current()) {
        fingerprint_ = parts_.fingerprints.intern(state_.fingerprint(rules_version));
    } else {
        fingerprint_ = rights_.own_fingerprint(parts_.fingerprints, state_.fingerprint(rules_version));
    }
}

bool Session::may_serve() {
    const auto epoch = parts_.coherence.floor().epoch;
    look_at_rights(epoch);
    if (state_.identified() && (epoch != epoch_ || state_.bypass() == Bypass::wrong_server) &&
        (epoch != epoch_ || batch_began_ - followed_checked_ > std::chrono::seconds(1))) {
        epoch_ = epoch;
        followed_checked_ = batch_began_;
        state_.set_followed(backend_is_followed());
    }
    if (state_.bypass() != Bypass::none || parts_.coherence.mode() == CoherenceMode::off) return false;
    refresh_fingerprint();
    return fingerprint_ != 0;
}

// A share of the hits is asked of the server as well, in the session itself: it alone has the right state. The client
// gets the server's answer.
bool Session::is_audited() {
    auto* auditor = parts_.options.auditor;
    if (auditor == nullptr || !auditor->sample()) return false;
    audited_ = parts_.results.find_proven(key_);
    return static_cast<bool>(audited_.result);
}

void Session::audit(const Read& read, const AnswerCopy& copy) {
    const auto audited = std::exchange(audited_, {});
    if (!audited.result || copy.too_big()) return;
    const auto head = locate_flags(copy.bytes(), relay_.summary(), login_.server_capabilities());
    if (!head) return;
    auto& auditor = *parts_.options.auditor;
    if (same_rows(parts_.definitions, *audited.result, copy.bytes(), *head)) return auditor.agrees();
    auditor.differs({.face = "mysql",
                     .question = state_.identity().account + " in " + state_.identity().schema + ": " +
                                 std::string(read.text),
                     .dependencies = audited.dependencies,
                     .floor = audited.floor,
                     .applied = parts_.coherence.status().applied,
                     .answered = now(),
                     .kept = std::string(audited.result->bytes()),
                     .answer = copy.bytes()});
}

// Might what is in memory be older than what the server has shown to this session?
bool Session::may_look_back() {
    return parts_.options.monotonic_reads && !parts_.coherence.fresh_since(backend_used_);
}

// Empty: the session's last write, if any, is in what is served.
Session::Reason Session::barrier_reason() {
    if (!state_.has_barrier()) return {};
    const auto mode = parts_.coherence.mode();
    const bool followed = mode == CoherenceMode::coherent || mode == CoherenceMode::best_effort;
    if (followed) {
        const auto& gtid = state_.barrier_gtid();
        const bool reached = gtid.empty() ? now() >= state_.barrier_time() : parts_.coherence.applied_contains(gtid);
        if (!reached) return bypass_name(Bypass::own_write);
    }
    state_.clear_barrier();
    return {};
}

Session::Served Session::try_serve(std::string_view payload) {
    const auto command = static_cast<mysql::Command>(payload.front());
    if (command != mysql::Command::query && command != mysql::Command::stmt_execute) return Served::no;
    looked_up_ = found_stale_ = false;
    died_read_.reset();
    audited_ = {};
    if (!may_serve() || !barrier_reason().empty() || may_look_back()) return Served::no;
    if (batch_began_ - backend_used_ > state_.identity().wait_timeout / 2) return Served::no;
    return command == mysql::Command::query ? try_serve_query(payload) : try_serve_execute(payload);
}

// A COM_QUERY's text; empty where it comes with attributes.
std::string_view Session::plain_text(std::string_view payload) const noexcept {
    auto text = payload.substr(1);
    if (mysql::has(login_.client_capabilities(), mysql::capability::query_attributes)) {
        if (text.size() < 2 || text[0] != '\0' || text[1] != '\1') return {};
        text.remove_prefix(2);
    }
    return text;
}

Session::Served Session::try_serve_query(std::string_view payload) {
    const auto text = plain_text(payload);
    if (text.empty()) return Served::no;
    key_.clear();
    append_text_key(key_, fingerprint_, text_in_key(text));
    auto found = parts_.results.find(key_, ResultCache::Early::may);
    looked_up_ = true;
    found_stale_ = found.stale;
    died_read_ = found.died_read;
    if (!found.result || is_audited()) return Served::no;
    last_hit_.assign(payload);
    return serve_found(std::move(found.result));
}

Session::Served Session::try_serve_execute(std::string_view payload) {
    const auto id = mysql::statement_id_of(payload);
    auto* statement = id ? prepared_.find(*id) : nullptr;
    if (statement == nullptr || !statement->cacheable() || statement->long_data) return Served::no;
    const auto view = view_execute(payload, login_.client_capabilities(), statement->parameters);
    if (!view || view->has_attributes || (view->flags & ~mysql::cursor_flag::parameter_count_available) != 0) {
        return Served::no;
    }
    if (view->types_follow && statement->types != view->types) {
        if (!statement->types.empty() && types_are_remembered()) return Served::no;
        statement->types = view->types;
    }
    key_.clear();
    append_execute_key(key_, fingerprint_, statement->fingerprint, statement->text, statement->types, *view);
    if (!definitions_are_known(*statement)) return Served::no;
    key_.append(statement->definitions);
    auto found = parts_.results.find(key_, ResultCache::Early::may);
    looked_up_ = true;
    found_stale_ = found.stale;
    died_read_ = found.died_read;
    if (!found.result || is_audited()) return Served::no;
    last_hit_.clear();
    append_with_types(last_hit_, payload, *view, statement->types);
    if (statement->unseen.empty() && statement->server_types != statement->types) statement->unseen = last_hit_;
    return serve_found(std::move(found.result));
}

Session::Served Session::serve_found(cache::BlobRef result) {
    last_hit_rows_only_ = false;
    last_hit_fingerprint_ = fingerprint_;
    counted_.reset();
    const auto head = head_of(*result);
    parts_.metrics.hits.add();
    parts_.statistics.count_hit(worker_->index(), head.statement, head.saved_us);
    if (!state_.autocommit()) state_.set_status(state_.status() | mysql::status::in_transaction);
    if (result->bytes().size() > copied_bytes_max) {
        large_ = std::move(result);
        return Served::large;
    }
    append_result(out_, parts_.definitions, head, *result, state_.status());
    ++unsent_hits_;
    return Served::yes;
}

// A hit that was not met on the first look.
Task<Session::Step> Session::serve_late(const Read& read, cache::BlobRef& result) {
    last_hit_.clear();
    append_with_types(last_hit_, read.frame.substr(mysql::frame_header_bytes), read.execute,
                      read.prepared != nullptr ? std::string_view(read.prepared->types) : std::string_view{});
    if (read.prepared != nullptr && read.prepared->unseen.empty() && read.prepared->server_types != read.prepared->types) {
        read.prepared->unseen = last_hit_;
    }
    const auto served = serve_found(std::move(result));
    if (served == Served::large) co_return co_await send_large();
    co_return co_await flush();
}

DependencyResult Session::dependencies_of(const Read& read) {
    if (read.prepared == nullptr) {
        return parts_.coherence.dependencies(read.analysis->statement, state_.identity().schema, {});
    }
    std::string payload;
    append_with_types(payload, read.frame.substr(mysql::frame_header_bytes), read.execute, read.prepared->types);
    const auto values = parameter_values(payload, login_.client_capabilities(), read.prepared->parameters);
    if (!values) return {std::nullopt, "parameters"};
    return parts_.coherence.dependencies(read.analysis->statement, read.prepared->schema, *values);
}

Task<Session::Step> Session::read_through(Read& read) {
    refresh_fingerprint();
    key_.clear();
    if (read.prepared != nullptr) {
        append_execute_key(key_, fingerprint_, read.prepared->fingerprint, read.text, read.prepared->types,
                           read.execute);
        key_.append(read.prepared->definitions);
    } else {
        append_text_key(key_, fingerprint_, text_in_key(read.text));
    }
    const auto key = key_;
    if (!looked_up_ && !may_look_back()) {
        auto found = parts_.results.find(key);
        if (found.result) co_return co_await serve_late(read, found.result);
    }
    if (found_stale_) parts_.statistics.count_stale(worker_->index(), read.analysis->id);
    const auto rules = parts_.rules.load();
    const auto verdict = rules->rules.empty() ? RuleVerdict{}
                                              : rules->rules.decide(state_.identity().account, state_.identity().schema,
                                                                    read.text, read.analysis->statement);
    const auto flight = hash_bytes(key);
    if (died_read_) parts_.back_off.died(flight, *died_read_, now());
    auto dependencies = !verdict.cache                             ? DependencyResult{std::nullopt, "rule"}
                        : parts_.back_off.paused(flight, now()) ? DependencyResult{std::nullopt, "changes_too_often"}
                                                                   : dependencies_of(read);
    if (!dependencies.dependencies) {
        count_bypass(*read.analysis, dependencies.reason);
        const auto step = co_await forward_statement(read, nullptr);
        parts_.metrics.bypass_took(now() - read.began, read.text);
        co_return step;
    }
    FlightGuard guard;
    if (co_await wait_for_leader(flight, *dependencies.dependencies, guard)) {
        auto found = parts_.results.find(key);
        if (found.result && may_serve() && barrier_reason().empty() && !may_look_back()) {
            co_return co_await serve_late(read, found.result);
        }
    }
    const auto slot = co_await take_slot(read);
    if (!slot) {
        count_bypass(*read.analysis, "too_many_fills");
        const auto passed = co_await forward_statement(read, nullptr);
        parts_.metrics.bypass_took(now() - read.began, read.text);
        co_return passed;
    }
    const auto step = co_await fill(read, *dependencies.dependencies, verdict, key, guard);
    parts_.metrics.miss_took(now() - read.began, read.text);
    co_return step;
}

// True where another session's fill of the same key has ended, or taken too long.
Task<bool> Session::wait_for_leader(std::uint64_t flight, const invalidation::Dependencies& dependencies,
                                    FlightGuard& guard) {
    const auto executor = worker_->worker.context().get_executor();
    std::shared_ptr<Timer> timer;
    const auto role = parts_.flights.join(
        flight, [&](invalidation::Floor floor) { return parts_.coherence.storable(dependencies, floor); },
        [&]() -> Flights::Wake {
            timer = std::make_shared<Timer>(executor, parts_.options.flight_wait_limit);
            return [timer, executor] { asio::post(executor, [timer] { timer->expires_at(SteadyTime::min()); }); };
        });
    if (role == Flights::Role::leader) guard.lead(parts_.flights, flight);
    if (role != Flights::Role::follower) co_return false;
    std::error_code ignored;
    co_await timer->async_wait(asio::redirect_error(use_task, ignored));
    co_return true;
}

// Null where as many fills as may be, of its tables or in all, stay under way for too long.
Task<FillSlots::SlotRef> Session::take_slot(const Read& read) {
    const auto schema = read.prepared != nullptr ? std::string_view(read.prepared->schema) : state_.identity().schema;
    auto tables = FillSlots::tables_of(read.analysis->statement, schema);
    if (auto slot = parts_.fill_slots->try_take(tables)) co_return slot;
    const auto executor = worker_->worker.context().get_executor();
    auto timer = std::make_shared<Timer>(executor, parts_.options.fill_slot_wait_limit);
    auto given = std::make_shared<FillSlots::SlotRef>();
    auto waiting = parts_.fill_slots->wait(std::move(tables), [timer, executor, given](FillSlots::SlotRef slot) {
        asio::post(executor, [timer, given, slot = std::move(slot)]() mutable {
            *given = std::move(slot);
            timer->expires_at(SteadyTime::min());
        });
    });
    if (!waiting) co_return nullptr;
    while (!*given) {
        std::error_code ignored;
        co_await timer->async_wait(asio::redirect_error(use_task, ignored));
        if (!*given && waiting->give_up()) co_return nullptr;
        if (!*given) timer->expires_after(parts_.options.fill_slot_wait_limit);  // it is on its way
    }
    co_return *given;
}

// Rule 1: the floor is taken before the SELECT is sent. Whether the connection reached the server that was probed may be
// found out later: see PendingFills.
Task<std::optional<invalidation::Floor>> Session::take_floor(const invalidation::Dependencies& dependencies) {
    auto& coherence = parts_.coherence;
    const auto known = coherence.floor();
    if (coherence.storable(dependencies, known)) co_return known;
    using Signature = void(std::optional<invalidation::Floor>);
    const auto executor = worker_->worker.context().get_executor();
    auto token = use_task;
    auto floor = co_await asio::async_initiate<asio::use_awaitable_t<Executor>, Signature>(
        [&](auto handler) {
            auto shared = std::make_shared<decltype(handler)>(std::move(handler));
            coherence.async_floor(dependencies, [shared, executor](std::optional<invalidation::Floor> taken) {
                asio::post(executor, [shared, taken] { (*shared)(taken); });
            });
        },
        token);
    co_return floor;
}

Session::FillTerms Session::terms_of(const Read& read, invalidation::Dependencies& dependencies,
                                     const RuleVerdict& verdict) const {
    const auto& directives = read.analysis->statement.directives;
    const auto mark = [](const std::atomic<std::uint32_t>* cell) {
        return ResultProvenance::Mark{cell, cell->load(std::memory_order_acquire)};
    };
    FillTerms terms;
    terms.dependencies = std::move(dependencies);
    terms.statement = mark(parts_.statistics.generation_cell(read.analysis->id));
    if (!directives.tag.empty()) terms.tag = mark(parts_.tags.cell(directives.tag));
    terms.ttl = shorter(directives.ttl, verdict.ttl);
    if (parts_.options.default_ttl.count() > 0) terms.ttl = shorter(terms.ttl, parts_.options.default_ttl);
    terms.stale_if_error = verdict.stale_if_error;
    terms.session_version = state_.version();
    return terms;
}

Task<Session::Step> Session::fill(const Read& read, invalidation::Dependencies& dependencies,
                                  const RuleVerdict& verdict, const std::string& key, FlightGuard& guard) {
    auto terms = terms_of(read, dependencies, verdict);
    terms.floor = co_await take_floor(terms.dependencies);
    if (terms.floor) guard.set_floor(*terms.floor);
    terms.sent = now();
    std::optional<CountedRead> counted;
    if (read.analysis->counts_rows && read.prepared == nullptr && terms.floor) counted = CountedRead{key, terms};
    const auto watched = verdict.refresh ? terms.dependencies : invalidation::Dependencies{};
    AnswerCopy copy(parts_.options.max_result_bytes);
    const bool known = worker_->doorkeeper.seen_before(hash_bytes(key));
    const bool wanted = known || !parts_.results.under_pressure();
    parts_.metrics.misses.add();
    parts_.statistics.count_miss(worker_->index(), read.analysis->id);
    if (verdict.stale_if_error) {
        if (co_await forward_or_stand_in(read, wanted ? &copy : nullptr, key) == Step::lost) co_return Step::lost;
    } else if (co_await forward_statement(read, wanted ? &copy : nullptr) == Step::lost) {
        co_return Step::lost;
    }
    parts_.metrics.backend_seconds.record(now() - terms.sent);
    const auto& metrics = parts_.metrics;
    if (relay_.summary().failed) {
        metrics.fills_error.add();
    } else if (audit(read, copy); copy.too_big()) {
        metrics.fills_too_big.add();
        parts_.statistics.count_bypass(worker_->index(), read.analysis->id, "too_large");
    } else if (!wanted || !keep(read, terms, key, copy)) {
        metrics.fills_rejected.add();
        if (relay_.summary().warned) parts_.statistics.count_bypass(worker_->index(), read.analysis->id, "warnings");
    } else {
        counted_ = std::move(counted);
        if (verdict.refresh) watch_for_refill(read, verdict, key, watched, *terms.floor);
    }
    co_return Step::next;
}

// False where the answer may not be kept.
bool Session::keep(const Read& read, FillTerms& terms, const std::string& key, const AnswerCopy& copy) {
    look_at_rights(parts_.coherence.floor().epoch);
    if (state_.version() != terms.session_version || state_.bypass() != Bypass::none) return false;
    if (reported_changes_) return false;
    if (read.prepared != nullptr && keeps_definitions() && !relay_.summary().definitions_omitted) return false;
    if (!terms.floor || !parts_.coherence.storable(terms.dependencies, *terms.floor)) return false;
    auto head = locate_flags(copy.bytes(), relay_.summary(), login_.server_capabilities());
    if (!head) return false;
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(now() - terms.sent);
    head->statement = read.analysis->id;
    head->saved_us = static_cast<std::uint32_t>(took.count());
    auto result = make_result(parts_.definitions, copy.bytes(), relay_.summary(), *head);
    auto stand_in = terms.stale_if_error ? std::make_unique<const StandIn>(*terms.stale_if_error, terms.ttl) : nullptr;
    auto provenance = ResultProvenance::make(parts_.coherence, terms.dependencies, *terms.floor, terms.statement,
                                             terms.tag, std::move(stand_in));
    if (provenance == nullptr) return false;
    parts_.statistics.count_fill(worker_->index(), read.analysis->id, copy.bytes().size());
    if (!parts_.coherence.confirmed_since(connected_)) {
        worker_->add_pending({key, std::move(result), std::move(provenance), terms.ttl, connected_, now()});
        return true;
    }
    const auto outcome = parts_.results.store(key, std::move(result), std::move(provenance), terms.ttl);
    if (outcome != ResultCache::Outcome::stored) return false;
    parts_.metrics.fills_stored.add();
    return true;
}

}  // namespace sabil::proxy::mysql_front
