#include "mysql/client/connection.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <optional>
#include <utility>

#include "mysql/client/session.h"
#include "mysql/wire/command.h"

namespace sabil::mysql {

namespace {

using asio::awaitable;
using Milliseconds = std::chrono::milliseconds;

std::string limit_text(const std::string& where, Milliseconds limit) {
    return "no answer from " + where + " within " + std::to_string(limit.count()) + " ms";
}

// Runs `work` and gives its result to `done`, or a timeout once `limit` has passed; whichever is first.
template <class T>
void run(asio::io_context& io, std::shared_ptr<Session> session, Milliseconds limit, awaitable<T> work,
         std::function<void(T)> done, std::function<T(Error)> failed) {
    auto waiting = std::make_shared<std::function<void(T)>>(std::move(done));
    session->busy = true;
    // The coroutine alone owns the callback: where the loop goes away before it ends, nothing else keeps them alive.
    session->watch(limit, [weak = std::weak_ptr(session), call_later = std::weak_ptr(waiting), limit, failed] {
        const auto self = weak.lock();
        const auto then = call_later.lock();
        if (!self || !then) return;
        const Error late{ErrorCode::timeout, limit_text(self->where(), limit)};
        self->close(late.message);
        self->busy = false;
        if (auto call = std::exchange(*then, nullptr)) call(failed(late));
    });
    asio::co_spawn(
        io,
        [](std::shared_ptr<Session> self, awaitable<T> task,
           std::shared_ptr<std::function<void(T)>> then) -> awaitable<void> {
            auto result = co_await std::move(task);
            auto call = std::exchange(*then, nullptr);
            if (!call) co_return;
            self->stop_waiting();
            self->busy = false;
            call(std::move(result));
        }(session, std::move(work), waiting),
        asio::detached);
}

}  // namespace

class Connection::Impl {
  public:
    explicit Impl(asio::io_context& in) : io(in) {}
    asio::io_context& io;
    std::shared_ptr<Session> session;
    Greeting no_greeting;

    // Why an operation cannot start now; nothing where it can.
    std::optional<Error> refusal() const {
        if (!session || !session->logged_in) {
            return Error{ErrorCode::unavailable,
                         session && session->closed() ? session->why_closed() : "not connected"};
        }
        if (session->busy) return Error{ErrorCode::unavailable, "another operation of this connection is under way"};
        return std::nullopt;
    }
    template <class T>
    void post_failure(std::function<void(Result<T>)> done, Error error) {
        asio::co_spawn(
            io,
            [](std::function<void(Result<T>)> call, Error why) -> awaitable<void> {
                call(tl::unexpected(std::move(why)));
                co_return;
            }(std::move(done), std::move(error)),
            asio::detached);
    }
    template <class T>
    void start(Milliseconds limit, awaitable<Result<T>> work, std::function<void(Result<T>)> done) {
        run<Result<T>>(io, session, limit, std::move(work), std::move(done),
                       [](Error late) -> Result<T> { return tl::unexpected(std::move(late)); });
    }
};

Connection::Connection(asio::io_context& io) : impl_(std::make_shared<Impl>(io)) {}
Connection::~Connection() {
    close();
}

void Connection::close() noexcept {
    if (impl_->session) impl_->session->close("the connection was closed");
}
bool Connection::open() const noexcept {
    return impl_->session && impl_->session->logged_in;
}
bool Connection::tls() const noexcept {
    return impl_->session && impl_->session->tls();
}
bool Connection::secure() const noexcept {
    return tls() || (impl_->session && impl_->session->local());
}
const Greeting& Connection::greeting() const noexcept {
    return impl_->session ? impl_->session->greeting() : impl_->no_greeting;
}

void Connection::async_connect(ConnectOptions options, Done done) {
    close();
    const auto limit = options.connect_limit;
    impl_->session = std::make_shared<Session>(impl_->io, std::move(options));
    auto session = impl_->session;
    impl_->start<void>(limit, session->connect(), [session, done = std::move(done)](Result<void> result) {
        if (!result) session->close(result.error().message);
        done(std::move(result));
    });
}

void Connection::async_query(std::string text, Milliseconds limit, std::size_t result_bytes_max, QueryDone done) {
    if (auto no = impl_->refusal()) return impl_->post_failure<QueryResult>(std::move(done), *no);
    text.insert(text.begin(), static_cast<char>(Command::query));
    impl_->start<QueryResult>(limit, impl_->session->query(std::move(text), result_bytes_max), std::move(done));
}

void Connection::async_ping(Milliseconds limit, Done done) {
    async_command(std::string(1, static_cast<char>(Command::ping)), limit, std::move(done));
}

void Connection::async_command(std::string payload, Milliseconds limit, Done done) {
    if (auto no = impl_->refusal()) return impl_->post_failure<void>(std::move(done), *no);
    impl_->start<void>(limit, impl_->session->command(std::move(payload)), std::move(done));
}

void Connection::async_stream(std::string payload, Milliseconds silence_limit, std::size_t packet_bytes_max,
                              OnPacket on_packet, OnEnd on_end) {
    if (auto no = impl_->refusal()) {
        return impl_->post_failure<void>([on_end](Result<void> r) { on_end(r.error()); }, *no);
    }
    auto session = impl_->session;
    run<Error>(
        impl_->io, session, silence_limit, session->stream(std::move(payload), packet_bytes_max, std::move(on_packet)),
        [session, on_end = std::move(on_end)](Error why) {
            session->close(why.message);
            on_end(std::move(why));
        },
        [](Error late) { return late; });
}

}  // namespace sabil::mysql
