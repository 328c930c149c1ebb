#include "proxy/mysql_front/answer_relay.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include <algorithm>

#include "mysql/wire/frame.h"
#include "proxy/mysql_front/state_filter.h"

namespace sabil::proxy::mysql_front {
namespace {

using Shape = mysql::ResponseTracker::Shape;

// Frames up to this size are looked at whole; an OK packet is never larger in practice.
constexpr std::size_t whole_frame_bytes_max = 256 * 1024;

bool endless(mysql::Command command) noexcept {
    const auto shape = mysql::ResponseTracker::shape_of(command);
    return shape == Shape::stream || shape == Shape::opaque;
}

}  // namespace

bool AnswerRelay::consume(std::string_view bytes, std::size_t& taken) {
    auto consumed = tracker_.consume(bytes);
    if (!consumed) return false;
    taken = *consumed;
    return true;
}

AnswerRelay::Step AnswerRelay::next_step(Filter filter) {
    if (filter.active) return next_filtered_step(filter);
    Step step;
    const auto data = backend_.input().data();
    step.broken = !consume(data, step.consumed);
    step.bytes = data.substr(0, step.consumed);
    return step;
}

// True where the frame was an OK with reports; its filtered form is then in rewritten_.
bool AnswerRelay::rewrite(std::string_view frame, Filter filter) {
    if (filter.keeps_eof_mark && is_eof_with_changes(frame.substr(mysql::frame_header_bytes))) {
        rewritten_.append(frame);
        return true;
    }
    const auto begin = rewritten_.size();
    rewritten_.append(mysql::frame_header_bytes, '\0');
    append_filtered_ok(rewritten_, frame.substr(mysql::frame_header_bytes), filter.client_tracks, *filter.settings,
                       filter.always_marked);
    const auto length = rewritten_.size() - begin - mysql::frame_header_bytes;
    mysql::write_frame_header(rewritten_.data() + begin, {static_cast<std::uint32_t>(length),
                                                          mysql::read_frame_header(frame.data()).sequence});
    return true;
}

// Frames that cannot be an OK with reports are gathered into runs that are consumed, and forwarded, in one piece.
AnswerRelay::Step AnswerRelay::next_filtered_step(Filter filter) {
    Step step;
    rewritten_.clear();
    const auto data = backend_.input().data();
    std::size_t at = 0;         // looked at
    std::size_t run_begin = 0;  // consumed by the tracker
    std::size_t copied = 0;     // of data, in rewritten_ (once anything is)
    bool any_rewritten = false;
    auto end_run = [&] {
        if (run_begin == at) return true;
        std::size_t taken = 0;
        if (!consume(data.substr(run_begin, at - run_begin), taken)) step.broken = true;
        run_begin += taken;
        return !step.broken && run_begin == at && !tracker_.done() && !tracker_.client_turn();
    };
    while (at < data.size()) {
        if (frame_owed_ > 0) {
            const auto n = std::min<std::uint64_t>(frame_owed_, data.size() - at);
            at += static_cast<std::size_t>(n);
            frame_owed_ -= n;
            continue;
        }
        if (data.size() - at < mysql::frame_header_bytes) break;
        const auto length = mysql::read_frame_header(data.data() + at).length;
        const auto size = mysql::frame_header_bytes + length;
        const bool begins_packet = !frame_continues_;
        if (data.size() - at < size) {
            if (size <= whole_frame_bytes_max) break;
            frame_owed_ = size;
            frame_continues_ = length == mysql::frame_payload_bytes_max;
            continue;
        }
        frame_continues_ = length == mysql::frame_payload_bytes_max;
        const auto frame = data.substr(at, size);
        const auto payload = frame.substr(mysql::frame_header_bytes);
        const bool eof = is_eof_with_changes(payload);
        if (!begins_packet || (!eof && !reports_session_state(payload))) {
            at += size;
            continue;
        }
        if (!end_run()) break;
        const auto known = tracker_.summary().session_state.size();
        std::size_t taken = 0;
        if (!consume(frame, taken)) step.broken = true;
        at += size;
        run_begin = at;
        if (!step.broken && (eof || tracker_.summary().session_state.size() != known)) {
            rewritten_.append(data.substr(copied, at - size - copied));
            any_rewritten = rewrite(frame, filter);
            copied = at;
        }
        if (step.broken || tracker_.done() || tracker_.client_turn()) break;
    }
    if (run_begin < at) (void)end_run();
    step.consumed = run_begin;
    if (any_rewritten) {
        rewritten_.append(data.substr(copied, run_begin - copied));
        step.bytes = rewritten_;
    } else {
        step.bytes = data.substr(0, run_begin);
    }
    return step;
}

Task<AnswerRelay::Outcome> AnswerRelay::forward(mysql::Command command, mysql::Capabilities capabilities,
                                                Filter filter, AnswerCopy* copy, std::string* held) {
    forwarded_anything_ = false;
    frame_owed_ = 0;
    frame_continues_ = false;
    if (endless(command)) co_return Outcome::endless;
    tracker_.start(command, capabilities);
    while (!tracker_.done()) {
        auto step = next_step(filter);
        if (copy != nullptr && !step.bytes.empty()) copy->append(step.bytes);
        if (held != nullptr && tracker_.done()) {
            held->assign(step.bytes);
        } else if (!step.bytes.empty()) {
            if (co_await client_.write(step.bytes)) co_return Outcome::client_lost;
            forwarded_anything_ = true;
        }
        backend_.input().consume(step.consumed);
        if (step.broken) co_return Outcome::backend_lost;
        if (tracker_.done()) break;
        if (tracker_.client_turn()) {
            if (!tracker_.local_infile()) co_return Outcome::client_turn;
            if (auto lost = co_await forward_file(); lost != Outcome::done) co_return lost;
        }
        if (co_await backend_.read(1)) co_return Outcome::backend_lost;
    }
    co_return Outcome::done;
}

Task<AnswerRelay::Outcome> AnswerRelay::swallow(mysql::Command command, mysql::Capabilities capabilities,
                                                AnswerCopy* copy) {
    tracker_.start(command, capabilities);
    while (!tracker_.done()) {
        std::size_t taken = 0;
        const auto data = backend_.input().data();
        if (!consume(data, taken) || tracker_.client_turn()) co_return Outcome::backend_lost;
        if (copy != nullptr) copy->append(data.substr(0, taken));
        backend_.input().consume(taken);
        if (!tracker_.done() && co_await backend_.read(1)) co_return Outcome::backend_lost;
    }
    co_return Outcome::done;
}

Task<AnswerRelay::Outcome> AnswerRelay::collect(mysql::Command command, mysql::Capabilities capabilities,
                                                Filter filter, AnswerCopy& copy) {
    frame_owed_ = 0;
    frame_continues_ = false;
    tracker_.start(command, capabilities);
    while (!tracker_.done()) {
        const auto step = next_step(filter);
        copy.append(step.bytes);
        backend_.input().consume(step.consumed);
        if (step.broken || tracker_.client_turn()) co_return Outcome::backend_lost;
        if (!tracker_.done() && co_await backend_.read(1)) co_return Outcome::backend_lost;
    }
    co_return Outcome::done;
}

Task<AnswerRelay::Outcome> AnswerRelay::forward_packet() {
    for (bool more = true; more;) {
        while (client_.input().data().size() < mysql::frame_header_bytes) {
            if (co_await client_.read(1)) co_return Outcome::client_lost;
        }
        const auto length = mysql::read_frame_header(client_.input().data().data()).length;
        more = length == mysql::frame_payload_bytes_max;
        std::size_t owed = mysql::frame_header_bytes + length;
        while (owed > 0) {
            const auto data = client_.input().data();
            const auto piece = data.substr(0, std::min(owed, data.size()));
            if (!piece.empty() && co_await backend_.write(piece)) co_return Outcome::backend_lost;
            owed -= piece.size();
            client_.input().consume(piece.size());
            if (owed > 0 && co_await client_.read(1)) co_return Outcome::client_lost;
        }
    }
    co_return Outcome::done;
}

// The client's file: packets up to an empty one.
Task<AnswerRelay::Outcome> AnswerRelay::forward_file() {
    while (true) {
        while (client_.input().data().size() < mysql::frame_header_bytes) {
            if (co_await client_.read(1)) co_return Outcome::client_lost;
        }
        const bool last = mysql::read_frame_header(client_.input().data().data()).length == 0;
        if (auto lost = co_await forward_packet(); lost != Outcome::done) co_return lost;
        if (last) co_return Outcome::done;
    }
}

namespace {

Task<void> pump_one_way(Channel& from, Channel& to) {
    while (true) {
        const auto data = from.input().data();
        if (!data.empty()) {
            if (co_await to.write(data)) break;
            from.input().consume(data.size());
        }
        if (co_await from.read(1)) break;
    }
    from.close();
    to.close();
}

}  // namespace

Task<void> AnswerRelay::pump(const std::shared_ptr<void>& keep_alive) {
    const auto executor = co_await asio::this_coro::executor;
    asio::co_spawn(
        executor,
        [](Channel& from, Channel& to, std::shared_ptr<void> keep) -> Task<void> {
            (void)keep;
            co_await pump_one_way(from, to);
        }(client_, backend_, keep_alive),
        asio::detached);
    co_await pump_one_way(backend_, client_);
}

}  // namespace sabil::proxy::mysql_front
