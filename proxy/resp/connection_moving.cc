// A connection between workers, and beside a script that keeps its worker.
#include "proxy/resp/connection.h"
#include "proxy/resp/worker_face.h"

#include <sys/socket.h>

namespace sabil::proxy::resp {

bool Connection::may_move() const noexcept {
    const auto& client = *client_;
    bool at_rest = mode_ == Mode::running && !in_process_ && turns_posted_ == 0 && !input_pending_ && !unread_ &&
                   output_.empty() && !awaits_log_ && !timer_ && !round_;
    bool alone = client.subscriptions.count() == 0 && client.subscriptions.shard_channels.empty() &&
                 !client.tracking.on && !client.monitor.load(std::memory_order_relaxed);
    return is_open() && at_rest && alone && !client.close_after_reply;
}

// The script holds every slice and this thread: only commands that need neither can run. One that may run during
// scripts but asks for keys waits for the script's end.
void Connection::serve_during_script(Dispatcher& dispatcher) {
    if (!is_open() || in_process_ || mode_ != Mode::running || client_->close_after_reply || input_pending_) return;
    auto room = input_.room(parser_.missing_bytes());
    auto received = ::recv(descriptor_, room.data(), room.size(), MSG_DONTWAIT);
    if (received <= 0) return;  // an end of the stream is seen after the script
    input_.received(static_cast<std::size_t>(received));
    in_process_ = true;
    RequestLimits limits;
    limits.bulk_bytes_max = face_->server().settings.bulk_bytes_max.load(std::memory_order_relaxed);
    limits.authenticated = client_->authenticated || !face_->server().acl.auth_required();
    while (is_open() && !client_->close_after_reply) {
        args_.clear();
        auto status = parser_.next(input_.unread(), limits, args_);
        if (status == RequestParser::Status::empty) {
            input_.consume(parser_.consumed());
            continue;
        }
        if (status != RequestParser::Status::command) break;
        auto request = dispatcher.resolve(Args(args_.data(), args_.size()));
        const auto* spec = request.command != nullptr ? request.command->spec : nullptr;
        bool needs_slices = spec != nullptr && (spec->flags & flag::allow_busy) != 0 && !spec->keys.empty();
        reply_.set_resp_version(session_.resp_version());
        std::size_t reply_at = output_.size();
        if (needs_slices ||
            dispatcher.run(session_, request, reply_, round_) != RunOutcome::replied) {
            parser_.reset();
            break;
        }
        input_.consume(parser_.consumed());
        after_run(request, reply_at);
    }
    in_process_ = false;
    if (!is_open()) return;
    publish_sizes();
    if (!output_.empty()) flush();
    if (!is_open()) return;
    // Whatever is left, and an end of the stream, is looked at after the script.
    input_pending_ = input_.size() > 0;
    unread_ = true;
    call_again();
}

}  // namespace sabil::proxy::resp
