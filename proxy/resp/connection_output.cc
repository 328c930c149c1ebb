// Sending, output limits, and the end of a connection.
#include "cache/base/heap_charge.h"
#include "proxy/resp/connection.h"
#include "proxy/resp/worker_face.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sabil::proxy::resp {

// Where replies wait for the log, what is there when a wait begins is sent when it ends, and the next wait begins: a
// client that never stops writing has its replies sent all the same.
std::size_t Connection::sendable_bytes() {
    auto* log = face_->server().services.log;
    if (log == nullptr || !log->delays_replies()) [[likely]] return output_.size();
    if (awaits_log_ || released_bytes_ != 0) return released_bytes_;
    const auto position = log->appended();
    if (log->durable() >= position) return output_.size();
    awaits_log_ = true;
    awaited_bytes_ = output_.size();
    face_->release_when_durable(*this, position);
    return 0;
}

void Connection::released() {
    if (!awaits_log_) return;
    awaits_log_ = false;
    released_bytes_ = std::min(awaited_bytes_, output_.size());
    flush();
}

void Connection::flush() {
    while (!output_.empty()) {
        const auto size = sendable_bytes();
        if (size == 0) break;
        auto sent = ::send(descriptor_, output_.data(), size, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EINTR) continue;
            if (errno == EAGAIN || errno == EWOULDBLOCK) break;
            return close();
        }
        dispatcher_->stats().bytes_out.add(static_cast<std::uint64_t>(sent));
        dispatcher_->stats().writes.add();
        const auto bytes = static_cast<std::size_t>(sent);
        output_.consume(bytes);
        released_bytes_ -= std::min(released_bytes_, bytes);
        awaited_bytes_ -= std::min(awaited_bytes_, bytes);
        if (bytes != size) break;
    }
    client_->output_bytes.store(output_.size(), std::memory_order_relaxed);
    client_->output_capacity_bytes.store(output_.capacity_bytes(), std::memory_order_relaxed);
    if (output_.empty()) {
        soft_limit_since_ = {};
        if (client_->close_after_reply) return close();
    }
    const bool waits = awaits_log_ && released_bytes_ == 0;
    if (!output_.empty() && !waits) watch_.want_writable();
    count_memory();
}

bool Connection::peer_gone() const {
    pollfd state{descriptor_, POLLRDHUP, 0};
    if (::poll(&state, 1, 0) <= 0) return false;
    return (state.revents & (POLLHUP | POLLERR)) != 0 || (mode_ == Mode::waiting && (state.revents & POLLRDHUP) != 0);
}

void Connection::close_soon() {
    if (!is_open()) return;
    client_->close_after_reply = true;
    client_->closing.store(true, std::memory_order_relaxed);
    if (in_process_) return;  // process() flushes
    flush();
}

void Connection::close() {
    if (!is_open()) return;
    watch_.close();
    ::close(descriptor_);
    descriptor_ = -1;
    ++timer_use_;
    if (timer_) timer_->cancel();
    if (waiter_) dispatcher_->give_up(waiter_);
    waiter_.reset();
    mode_ = Mode::running;
    const auto less = -static_cast<std::int64_t>(std::exchange(counted_bytes_, 0));
    face_->server().client_memory.adjust(less);
    heap::charge(less);
    face_->release(*this);
}

ClientClass Connection::output_class() const noexcept {
    bool subscribed = client_->subscriptions.count() != 0 || !client_->subscriptions.shard_channels.empty();
    return subscribed ? ClientClass::pubsub : ClientClass::normal;
}

bool Connection::over_hard_limit() const {
    const auto& limit = face_->server().settings.output_limits[static_cast<std::size_t>(output_class())];
    auto hard = limit.hard_bytes.load(std::memory_order_relaxed);
    return hard != 0 && output_.size() > hard;
}

void Connection::check_limits(std::chrono::steady_clock::time_point now) {
    const auto& settings = face_->server().settings;
    const auto& limit = settings.output_limits[static_cast<std::size_t>(output_class())];
    auto soft = limit.soft_bytes.load(std::memory_order_relaxed);
    if (soft != 0 && output_.size() > soft) {
        if (soft_limit_since_ == std::chrono::steady_clock::time_point{}) soft_limit_since_ = now;
        if (now - soft_limit_since_ >= std::chrono::seconds(limit.soft_seconds.load(std::memory_order_relaxed))) {
            dispatcher_->stats().output_buffer_closed.add();
            return close();
        }
    } else {
        soft_limit_since_ = {};
    }
    auto idle_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() -
                   client_->active_at_ms.load(std::memory_order_relaxed);
    constexpr std::int64_t keep_buffer_ms = 2000;
    if (idle_ms > keep_buffer_ms && input_.size() == 0 && input_.capacity_bytes() != 0 && mode_ == Mode::running) {
        input_.release();
        publish_sizes();
        count_memory();
    }
    const auto rest_ms = settings.output_rest_ms.load(std::memory_order_relaxed);
    if (idle_ms > rest_ms && output_.empty() && output_.capacity_bytes() > OutputBuffer::rest_bytes) {
        output_.rest();
        publish_sizes();
        count_memory();
    }
    auto timeout = settings.timeout_seconds.load(std::memory_order_relaxed);
    if (timeout == 0 || mode_ != Mode::running || output_class() == ClientClass::pubsub || client_->monitor) return;
    if (idle_ms > static_cast<std::int64_t>(timeout) * 1000) close();
}

}  // namespace sabil::proxy::resp
