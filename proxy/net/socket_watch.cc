#include "proxy/net/socket_watch.h"

#include <asio/detail/reactor.hpp>
#include <asio/detail/reactor_op.hpp>

#include <utility>

#include "proxy/net/hangup_watch.h"

namespace sabil::proxy::net {
namespace {

using Reactor = asio::detail::reactor;

}  // namespace

// Asio keeps, per registered descriptor and direction, whether an edge came since an operation last reported the
// descriptor exhausted. An operation that says "done and exhausted" whenever it is asked therefore completes once per
// edge, and starting it costs nothing.
struct SocketWatch::Registration final : HangupTarget {
    class Edge final : public asio::detail::reactor_op {
      public:
        Edge(Registration& of, void (ReadinessTarget::*call)())
            : reactor_op(asio::error_code(), &Edge::on_edge, &Edge::on_complete), of_(of), call_(call) {}
        bool queued = false;

      private:
        static status on_edge(reactor_op*) { return done_and_exhausted; }
        // `owner` is null where the loop is destroyed with the operation still queued.
        static void on_complete(void* owner, asio::detail::operation* base, const asio::error_code&, std::size_t) {
            auto* edge = static_cast<Edge*>(base);
            edge->queued = false;
            auto& registration = edge->of_;
            if (registration.target == nullptr) return registration.free_when_unused();
            if (owner != nullptr) (registration.target->*edge->call_)();
        }

        Registration& of_;
        void (ReadinessTarget::*call_)();
    };

    Registration(Worker& worker, int fd, ReadinessTarget& whom)
        : reactor(asio::use_service<Reactor>(worker.context())), hangups(worker.hangups()), descriptor(fd), target(&whom) {}
    ~Registration() = default;

    void on_hangup() override { target->on_peer_end(); }

    void start(int direction, Edge& edge) {
        if (edge.queued) return;
        edge.queued = true;
        constexpr bool is_continuation = true, may_complete_at_once = true;
        reactor.start_op(direction, descriptor, state, &edge, is_continuation, may_complete_at_once);
    }
    void free_when_unused() {
        if (!readable.queued && !writable.queued) delete this;
    }

    Reactor& reactor;
    HangupWatch& hangups;
    int descriptor;
    ReadinessTarget* target;  // null once the watch is closed
    Reactor::per_descriptor_data state = nullptr;
    Edge readable{*this, &ReadinessTarget::on_readable};
    Edge writable{*this, &ReadinessTarget::on_writable};
};

bool SocketWatch::open(Worker& worker, int descriptor) {
    close();
    registration_ = new Registration(worker, descriptor, target_);
    auto& reactor = registration_->reactor;
    reactor.init_task();
    if (reactor.register_descriptor(descriptor, registration_->state) == 0 &&
        registration_->hangups.add(descriptor, *registration_)) {
        return true;
    }
    close();
    return false;
}

void SocketWatch::close() noexcept {
    if (registration_ == nullptr) return;
    auto* registration = std::exchange(registration_, nullptr);
    registration->target = nullptr;
    registration->hangups.remove(registration->descriptor);
    auto& reactor = registration->reactor;
    constexpr bool closing = false;  // a forked child may still hold the descriptor open, and then closing unregisters nothing
    reactor.deregister_descriptor(registration->descriptor, registration->state, closing);
    reactor.cleanup_descriptor_data(registration->state);
    registration->free_when_unused();
}

void SocketWatch::want_readable() { registration_->start(Reactor::read_op, registration_->readable); }

void SocketWatch::want_writable() { registration_->start(Reactor::write_op, registration_->writable); }

}  // namespace sabil::proxy::net
