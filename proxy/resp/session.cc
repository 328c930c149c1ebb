#include "proxy/resp/session.h"

#include "proxy/resp/command_trace.h"
#include "proxy/resp/persistence.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/server_state.h"

namespace sabil::proxy::resp {

void Session::log_instead(std::initializer_list<std::string_view> args) {
    log_instead(std::span<const std::string_view>(args.begin(), args.size()));
}

void Session::log_instead(std::span<const std::string_view> args) {
    if (server_.log() != nullptr) trace_->log_forms.emplace_back(args.begin(), args.end());
}

cache::Keyspace& Session::keyspace() noexcept { return server_.keyspace; }

void Session::log_nothing() { trace_->nothing_logged = true; }

void Session::note_change() {
    ++trace_->changes;
    if (server_.services.persistence != nullptr) server_.services.persistence->note_change();
}

void Session::block(BlockRequest request, Reply& reply) {
    if (may_block_) {
        trace_->block = std::move(request);
        return;
    }
    write_timeout(request.on_timeout, reply);
}

void write_timeout(TimeoutReply kind, Reply& reply) {
    switch (kind) {
        case TimeoutReply::null_array: return reply.null_array();
        case TimeoutReply::null: return reply.null();
        case TimeoutReply::zero: return reply.integer(0);
    }
}

}  // namespace sabil::proxy::resp
