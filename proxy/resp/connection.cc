#include "proxy/resp/connection.h"

#include "cache/base/heap_charge.h"
#include "proxy/resp/worker_face.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace sabil::proxy::resp {
namespace {

using Steady = std::chrono::steady_clock;

std::int64_t milliseconds(Steady::time_point at) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

// The time that all commands of one turn see.
class FrozenNow {
  public:
    explicit FrozenNow(const cache::Keyspace& keyspace) noexcept {
        cache::Keyspace::set_thread_now(keyspace.clock().wall());
    }
    ~FrozenNow() { cache::Keyspace::set_thread_now(std::nullopt); }
    FrozenNow(const FrozenNow&) = delete;
    FrozenNow& operator=(const FrozenNow&) = delete;
};

thread_local Connection* served_here = nullptr;

// A scope in which a connection's commands run; within a script that runs too long, another's may.
class Served {
  public:
    explicit Served(Connection& connection) noexcept : before_(std::exchange(served_here, &connection)) {}
    ~Served() { served_here = before_; }
    Served(const Served&) = delete;
    Served& operator=(const Served&) = delete;

  private:
    Connection* before_;
};

}  // namespace

Connection* Connection::served() noexcept { return served_here; }

Connection::Connection(WorkerFace& face, int descriptor, std::shared_ptr<ClientState> client)
    : face_(&face),
      dispatcher_(&face.dispatcher()),
      descriptor_(descriptor),
      client_(std::move(client)),
      session_(face.server(), *client_),
      reply_(output_, 2),
      watch_(*this) {
    session_.set_client_id(client_->id);
    count_memory();
}

void Connection::join(WorkerFace& face) {
    face_ = &face;
    dispatcher_ = &face.dispatcher();
    client_->connection = this;
    client_->moving.store(false, std::memory_order_relaxed);
    if (client_->killed.load(std::memory_order_relaxed) || !watch_.open(face.worker(), descriptor_)) return close();
    watch_.want_readable();
}

Connection::~Connection() {
    client_->connection = nullptr;
    watch_.close();
    if (descriptor_ >= 0) ::close(descriptor_);
}

// A client that waits is not read, but its end is noticed.
void Connection::on_readable() {
    if (!is_open()) return;
    if (mode_ == Mode::running && !client_->close_after_reply) return read_some();
    unread_ = true;
    if (peer_gone()) return close();
    watch_.want_readable();
}

void Connection::on_writable() {
    if (is_open()) flush();
}

void Connection::read_some() {
    // A large argument is read on with, as nothing can be done before its end.
    constexpr std::size_t turn_bytes_max = 1 << 20;
    auto& stats = dispatcher_->stats();
    std::size_t missing = parser_.missing_bytes();
    for (std::size_t total = 0;;) {
        auto room = input_.room(missing);
        auto received = ::recv(descriptor_, room.data(), room.size(), 0);
        if (received <= 0) {
            const bool ended = received == 0 || (errno != EAGAIN && errno != EINTR);
            if (ended && total == 0) return close();
            unread_ = ended || errno == EINTR;
            if (total > 0) break;
            return unread_ ? call_again() : watch_.want_readable();
        }
        const auto bytes = static_cast<std::size_t>(received);
        unread_ = bytes == room.size();
        stats.bytes_in.add(bytes);
        stats.reads.add();
        input_.received(bytes);
        total += bytes;
        if (!unread_ || missing <= bytes || total >= turn_bytes_max) break;
        missing -= bytes;
    }
    client_->query_bytes.store(input_.size(), std::memory_order_relaxed);
    if (input_.size() > face_->server().settings.query_buffer_bytes_max.load(std::memory_order_relaxed)) {
        stats.query_buffer_closed.add();
        return close();
    }
    process();
}

void Connection::call_again() {
    ++turns_posted_;
    face_->continue_later(*this);
}

void Connection::go_on() {
    --turns_posted_;
    if (mode_ != Mode::running) return;
    if (input_pending_) return process();
    if (unread_ && !client_->close_after_reply) read_some();
}

void Connection::process() {
    if (in_process_ || !is_open()) return;
    in_process_ = true;
    input_pending_ = false;
    face_->note_activity();
    client_->active_at_ms.store(milliseconds(Steady::now()), std::memory_order_relaxed);
    Batch batch = Batch::done;
    {
        FrozenNow now(face_->server().keyspace);
        Served served(*this);
        for (std::size_t i = 0; i < batches_per_turn && mode_ == Mode::running; ++i) {
            batch = process_batch();
            if (batch != Batch::more) break;
        }
    }
    in_process_ = false;
    if (!is_open()) return;
    publish_sizes();
    output_.empty() ? count_memory() : flush();
    if (!is_open()) return;
    // Who has not logged in gets errors only: one who does not read them is not waited for.
    constexpr std::size_t unauthenticated_output_bytes_max = 1024;
    if (output_.size() > unauthenticated_output_bytes_max && !client_->authenticated &&
        face_->server().acl.auth_required()) [[unlikely]] {
        return close();
    }
    if (batch == Batch::more && mode_ == Mode::running) {
        input_pending_ = true;
    }
    if (input_pending_ || (unread_ && mode_ == Mode::running)) return call_again();
    watch_.want_readable();
}

std::size_t Connection::parse_batch(RequestParser::Status& last, std::size_t& consumed) {
    auto unread = input_.unread();
    RequestLimits limits;
    limits.bulk_bytes_max = face_->server().settings.bulk_bytes_max.load(std::memory_order_relaxed);
    limits.authenticated = client_->authenticated || !face_->server().acl.auth_required();
    args_.clear();
    items_.clear();
    std::size_t skipped = 0;  // empty lines belong to the command after them, or to the last one
    // AUTH lifts limits of what follows it: nothing is read ahead of it.
    std::size_t most = limits.authenticated ? commands_per_batch : 1;
    while (items_.size() < most) {
        std::size_t args_at = args_.size();
        last = parser_.next(unread.subspan(consumed + skipped), limits, args_);
        if (last == RequestParser::Status::empty) {
            skipped += parser_.consumed();
        } else if (last == RequestParser::Status::command) {
            std::size_t bytes = skipped + parser_.consumed();
            items_.push_back({{}, args_at, args_.size() - args_at, bytes});
            consumed += bytes;
            skipped = 0;
        } else {
            break;
        }
    }
    if (!items_.empty()) items_.back().bytes += skipped;
    consumed += skipped;
    return items_.size();
}

void Connection::prefetch(std::size_t count) {
    auto& keyspace = face_->server().keyspace;
    unsigned database = session_.database_index();
    for (std::size_t i = 0; i < count; ++i) {
        const auto& request = items_[i].request;
        if (request.command != nullptr && request.command->single_key) {
            keyspace.prefetch_table(request.first_key, database);
        }
    }
    for (std::size_t i = 0; i < count; ++i) {
        const auto& request = items_[i].request;
        if (request.command != nullptr && request.command->single_key) {
            keyspace.prefetch_entry(request.first_key, database);
        }
    }
}

Connection::Batch Connection::process_batch() {
    RequestParser::Status last = RequestParser::Status::incomplete;
    std::size_t parsed = 0;
    std::size_t count = parse_batch(last, parsed);
    for (std::size_t i = 0; i < count; ++i) {
        auto& item = items_[i];
        item.request = dispatcher_->resolve(Args(args_.data() + item.args_at, item.args_count));
    }
    if (count > 1) prefetch(count);
    std::size_t consumed = count == 0 ? parsed : 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (!run_item(items_[i], consumed)) {
            parser_.reset();
            input_.consume(consumed);
            return Batch::stopped;
        }
    }
    input_.consume(consumed);
    if (last == RequestParser::Status::error) {
        protocol_error();
        return Batch::stopped;
    }
    return last == RequestParser::Status::command ? Batch::more : Batch::done;
}

// False where no further command may run now: the client waits, or is closed.
bool Connection::run_item(const Item& item, std::size_t& consumed) {
    std::size_t reply_at = output_.size();
    reply_.set_resp_version(session_.resp_version());
    client_->last_command.store(item.request.command, std::memory_order_relaxed);
    RunOutcome outcome = dispatcher_->run(session_, item.request, reply_, round_);
    if (outcome == RunOutcome::replied) {
        consumed += item.bytes;
        round_.reset();
        after_run(item.request, reply_at);
        return is_open() && !client_->close_after_reply;
    }
    switch (outcome) {
        case RunOutcome::waits:
            consumed += item.bytes;
            round_.reset();
            if (!pushes_.empty()) output_.append(std::exchange(pushes_, {}));
            wait_for_keys();
            break;
        case RunOutcome::fills: wait_for_fills(); break;
        default: wait_for_pause();
    }
    return false;
}

// CLIENT REPLY takes replies back, CLIENT CACHING holds for one command, and output limits are checked.
void Connection::after_run(const Request& request, std::size_t reply_at) {
    auto& mode = client_->reply_mode;
    // What subscribing tells are no replies, and cannot be switched off.
    const bool pushes = mode != ReplyMode::on && request.command != nullptr &&
                        (request.command->spec->flags & flag::pubsub) != 0 &&
                        request.command->spec->name.find("subscribe") != std::string_view::npos;
    if (mode != ReplyMode::on) [[unlikely]] {
        if (!pushes && (mode == ReplyMode::off || mode == ReplyMode::skip_this)) output_.truncate(reply_at);
        if (mode == ReplyMode::skip_this) {
            mode = ReplyMode::on;
        } else if (mode == ReplyMode::skip_next) {
            output_.truncate(reply_at);
            mode = ReplyMode::skip_this;
        }
    }
    if (!pushes_.empty()) [[unlikely]] output_.append(std::exchange(pushes_, {}));
    if (client_->tracking.caching != TrackingState::Caching::unset && !client_->transaction.active) [[unlikely]] {
        const bool is_client = request.command != nullptr && request.command->container != nullptr &&
                               request.command->container->name == "client";
        if (!is_client) client_->tracking.caching = TrackingState::Caching::unset;
    }
    if (client_->output_too_long || (output_.size() > OutputBuffer::keep_bytes && over_hard_limit())) {
        dispatcher_->stats().output_buffer_closed.add();
        close();
    } else if (client_->close_after_reply) {
        close_soon();
    }
}

void Connection::protocol_error() {
    reply_.error("ERR Protocol error: ", parser_.error());
    close_soon();
}

void Connection::push(std::string_view bytes) {
    if (!is_open() || client_->close_after_reply) return;
    output_.append(bytes);
    if (over_hard_limit()) {
        dispatcher_->stats().output_buffer_closed.add();
        return close();
    }
    if (!in_process_) face_->flush_later(*this);
}

void Connection::publish_sizes() {
    client_->query_bytes.store(input_.size() - std::min(input_.size(), parser_.parsed_bytes()),
                               std::memory_order_relaxed);
    client_->query_capacity_bytes.store(input_.capacity_bytes(), std::memory_order_relaxed);
    client_->output_bytes.store(output_.size(), std::memory_order_relaxed);
    client_->output_capacity_bytes.store(output_.capacity_bytes(), std::memory_order_relaxed);
    client_->database.store(session_.database_index(), std::memory_order_relaxed);
}

void Connection::count_memory() {
    auto bytes = client_bytes(*client_);
    if (bytes == counted_bytes_) return;
    auto& server = face_->server();
    const auto more = static_cast<std::int64_t>(bytes) - static_cast<std::int64_t>(counted_bytes_);
    server.client_memory.adjust(more);
    heap::charge(more);
    counted_bytes_ = bytes;
    std::uint64_t maxmemory = server.keyspace.tunables().maxmemory_bytes;
    if (server.client_memory.over(maxmemory)) dispatcher_->stats().evicted_clients.add(server.client_memory.evict(maxmemory));
}

}  // namespace sabil::proxy::resp
