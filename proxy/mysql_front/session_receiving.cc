// The client's commands as they come in, and the worker they come in on.
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>

#include <spdlog/spdlog.h>

#include <exception>
#include <utility>

#include "proxy/mysql_front/session.h"

namespace sabil::proxy::mysql_front {

void Session::spawn() {
    asio::co_spawn(
        worker_->worker.context().get_executor(),
        [](std::shared_ptr<Session> self) -> Task<void> { co_await self->run(); }(shared_from_this()),
        [self = shared_from_this()](const std::exception_ptr& error) {
            try {
                if (error) std::rethrow_exception(error);
            } catch (const std::exception& e) {
                spdlog::error("mysql: a session ended unexpectedly: {}", e.what());
            }
            self->worker_->sessions.erase(self.get());
            if (self->moving_to_ != nullptr && self->client_.is_open()) {
                self->client_.leave();
                self->backend_.leave();
                asio::post(self->moving_to_->worker.context(), [self] { self->arrive(); });
                return;
            }
            self->close();
            self->end_writes();
            self->parts_.metrics.connections.sub();
            self->parts_.connections_count.fetch_sub(1, std::memory_order_relaxed);
            self->parts_.spread.left((self->moving_to_ != nullptr ? self->moving_to_ : self->worker_)->index());
        });
}

void Session::move(FrontWorker& to) {
    moving_to_ = &to;
    parts_.spread.moved(worker_->index(), to.index());
    turn_ = Turn::moving;
    client_.forget_input();
    go_on({});
}

// On the new worker's thread. What came in between is an edge there.
void Session::arrive() {
    worker_ = std::exchange(moving_to_, nullptr);
    worker_->sessions.insert(this);
    if (client_.join(worker_->worker) || backend_.join(worker_->worker) || worker_->stopped) close();
    spawn();
}

void Session::abandon() noexcept {
    const auto alive = weak_from_this().lock();
    if (auto* waiting = std::exchange(next_command_, nullptr); waiting != nullptr) waiting->drop();
    client_.drop_waits();
    backend_.drop_waits();
}

// Until turn_ is another than `starved`, or the connection is lost.
Task<std::error_code> Session::receive() {
    if (client_.plain()) co_return co_await receive_plain();
    std::error_code error;
    do {
        error = co_await client_.read(missing_bytes());
        if (error) break;
        worker_->load_report.note_activity();
        batch_began_ = system_clock().steady();
        turn_ = answer_hits();
        if (turn_ != Turn::starved) worker_->load_report.note_relayed();
    } while (turn_ == Turn::starved);
    co_return error;
}

// The coroutine sleeps for as long as what comes is answered from memory.
Task<std::error_code> Session::receive_plain() {
    std::error_code error;
    auto token = asio::redirect_error(use_task, error);
    co_await asio::async_initiate<decltype(token), void(std::error_code)>(
        [this](auto handler) {
            next_command_ = new net::HandlerWait<decltype(handler)>(std::move(handler));
            wait_again();
        },
        token);
    co_return error;
}

void Session::wait_again() {
    client_.wait_input(*this);
    if (!client_.may_have_input()) return;
    asio::post(worker_->worker.context(), [self = shared_from_this()] { self->client_.wake_input(); });
}

void Session::go_on(std::error_code error) { std::exchange(next_command_, nullptr)->resume(error); }

void Session::resume(std::error_code error) {
    if (error) return go_on(error);
    worker_->load_report.note_activity();
    for (int i = 0; i < reads_per_turn_max; ++i) {
        client_.input().shrink(4 * Channel::read_bytes_min);
        if (!client_.read_now(missing_bytes(), error)) break;
        batch_began_ = system_clock().steady();
        turn_ = answer_hits();
        if (turn_ != Turn::starved) {
            worker_->load_report.note_relayed();
            return go_on({});
        }
        if (!client_.may_have_input()) break;
    }
    if (error) return go_on(error);
    wait_again();
}

}  // namespace sabil::proxy::mysql_front
