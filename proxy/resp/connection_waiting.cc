// What a client may wait for between a command and its reply: keys, fills, the end of a pause.
#include "proxy/resp/connection.h"
#include "proxy/resp/waiters.h"
#include "proxy/resp/worker_face.h"

#include <asio/post.hpp>

#include <algorithm>

namespace sabil::proxy::resp {

void Connection::wait_for_keys() {
    mode_ = Mode::waiting;
    waiter_ = dispatcher_->take_waiter();
    client_->blocked.store(true, std::memory_order_relaxed);
    if (waiter_->request.timeout_ms == 0) return;
    if (!timer_) timer_ = std::make_unique<asio::steady_timer>(face_->worker().context());
    timer_->expires_after(std::chrono::milliseconds(waiter_->request.timeout_ms));
    timer_->async_wait([this, client = client_, use = ++timer_use_](std::error_code error) {
        if (!error && client->connection == this && timer_use_ == use) timed_out();
    });
}

void Connection::timed_out() {
    if (mode_ != Mode::waiting || !dispatcher_->give_up(waiter_)) return;  // served: the reply is on its way
    reply_.set_resp_version(session_.resp_version());
    write_timeout(waiter_->request.on_timeout, reply_);
    dispatcher_->count_given_up(*waiter_, false);
    resume();
}

void Connection::unblocked(const std::shared_ptr<Waiter>& waiter, std::string_view reply) {
    if (mode_ != Mode::waiting || waiter_ != waiter) return;
    if (client_->reply_mode == ReplyMode::on) output_.append(reply);
    resume();
}

bool Connection::unblock_by_command(bool with_error) {
    if (mode_ != Mode::waiting || !dispatcher_->give_up(waiter_)) return false;
    reply_.set_resp_version(session_.resp_version());
    if (with_error) {
        reply_.error("UNBLOCKED client unblocked via CLIENT UNBLOCK");
    } else {
        write_timeout(waiter_->request.on_timeout, reply_);
    }
    dispatcher_->count_given_up(*waiter_, with_error);
    resume();
    return true;
}

void Connection::wait_for_fills() {
    mode_ = Mode::filling;
    round_->start(*face_->server().services.read_through, [this, client = client_] {
        asio::post(client->worker().context(), [this, client] {
            if (client->connection == this && mode_ == Mode::filling) resume();
        });
    });
}

void Connection::wait_for_pause() {
    mode_ = Mode::paused;
    // CLIENT UNPAUSE may end the pause early; a script that is waited for says nothing of when it ends.
    constexpr auto longest_nap = std::chrono::milliseconds(20);
    auto now = std::chrono::steady_clock::now();
    if (!timer_) timer_ = std::make_unique<asio::steady_timer>(face_->worker().context());
    auto& pause = face_->server().pause;
    bool paused = pause.scope() != PauseState::Scope::none;  // else persistence holds writes back
    client_->blocked.store(paused, std::memory_order_relaxed);
    timer_->expires_at(paused ? std::min(pause.until(), now + longest_nap) : now + longest_nap / 10);
    timer_->async_wait([this, client = client_, use = ++timer_use_](std::error_code error) {
        if (!error && client->connection == this && timer_use_ == use && mode_ == Mode::paused) resume();
    });
}

// Goes on with what is in the read buffer, then reads again.
void Connection::resume() {
    mode_ = Mode::running;
    ++timer_use_;
    waiter_.reset();
    client_->blocked.store(false, std::memory_order_relaxed);
    process();
}

}  // namespace sabil::proxy::resp
