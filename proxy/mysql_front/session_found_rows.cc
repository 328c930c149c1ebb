// SELECT FOUND_ROWS() behind SELECT SQL_CALC_FOUND_ROWS, the pair that pages through lists: the count is kept with the
// provenance of the statement it belongs to, so that both come from memory.
#include "mysql/wire/frame.h"
#include "proxy/mysql_front/session.h"

namespace sabil::proxy::mysql_front {
namespace {

constexpr std::size_t found_rows_bytes_max = 4096;  // of the answer: one number

}  // namespace

// Of the pair that this session has just asked the first half of; empty where there is none.
std::string Session::found_rows_key() const {
    if (counted_) return counted_->key;
    const bool counts = !last_hit_.empty() && !last_hit_rows_only_ && last_hit_fingerprint_ == fingerprint_ &&
                        static_cast<mysql::Command>(last_hit_.front()) == mysql::Command::query;
    if (!counts) return {};
    const auto text = plain_text(last_hit_);
    if (text.empty() || !worker_->analyses.find_or_make(text, state_.parse_mode())->counts_rows) return {};
    std::string key;
    append_text_key(key, fingerprint_, text_in_key(text));
    return key;
}

Task<Session::Step> Session::on_found_rows(Read& read) {
    const bool allowed = may_serve() && barrier_reason().empty();
    const auto counted_key = allowed ? found_rows_key() : std::string();
    auto counted = std::exchange(counted_, std::nullopt);
    if (counted_key.empty()) co_return co_await decide(read);
    std::string key;
    append_found_rows_key(key, fingerprint_, read.text, counted_key);
    if (!counted) {
        auto found = parts_.results.find(key);
        if (found.result) co_return co_await serve_late(read, found.result);
        co_return co_await decide(read);
    }
    parts_.metrics.misses.add();
    parts_.statistics.count_miss(worker_->index(), read.analysis->id);
    AnswerCopy copy(found_rows_bytes_max);
    counted->terms.sent = system_clock().steady();
    if (co_await forward_statement(read, &copy) == Step::lost) co_return Step::lost;
    if (!keep(read, counted->terms, key, copy)) parts_.metrics.fills_rejected.add();
    co_return Step::next;
}

}  // namespace sabil::proxy::mysql_front
