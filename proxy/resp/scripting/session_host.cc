#include "proxy/resp/scripting/session_host.h"

#include "proxy/resp/client_state.h"
#include "proxy/resp/dispatcher.h"
#include "proxy/resp/errors.h"
#include "proxy/resp/persistence.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/server_state.h"
#include "proxy/resp/session.h"

#include <spdlog/spdlog.h>

#include <cstdlib>

namespace sabil::proxy::resp::scripting {

SessionHost::SessionHost(Session& session, ScriptGate& gate, ScriptFlags flags, bool read_only,
                         std::optional<std::chrono::steady_clock::time_point> until)
    : session_(session),
      gate_(gate),
      flags_(flags),
      read_only_(read_only || flags.no_writes),
      until_(until),
      database_index_(session.database_index()),
      resp_version_(session.resp_version()),
      may_block_(session.may_block()),
      in_script_(session.in_script()) {
    session_.set_may_block(false);
    session_.set_in_script(true);
}

SessionHost::~SessionHost() {
    session_.set_database_index(database_index_);
    session_.set_resp_version(resp_version_);
    session_.set_may_block(may_block_);
    session_.set_in_script(in_script_);
}

std::string_view SessionHost::stop_reason() noexcept {
    session_.dispatcher().during_script();
    if (until_ && std::chrono::steady_clock::now() > *until_) return "FUNCTION LOAD timeout";
    return gate_.stop_reason();
}

bool SessionHost::admit(const Command* command, Args args, Reply& reply) {
    if (command == nullptr) {
        reply.error("ERR Unknown Redis command called from script");
        return false;
    }
    const auto& spec = *command->spec;
    const auto count = static_cast<int>(args.size());
    if (spec.handler == nullptr || (spec.arity >= 0 ? count != spec.arity : count < -spec.arity)) {
        reply.error("ERR Wrong number of args calling Redis command from script");
        return false;
    }
    if ((spec.flags & flag::noscript) != 0 && !session_.server().settings.scripts_may_call_all) {
        reply.error("ERR This Redis command is not allowed from script");
        return false;
    }
    auto& client = session_.client();
    std::size_t at = 0;
    if (!client.unrestricted && client.user && client.user->check(*command, args, at) != AclDenial::none) {
        OutputBuffer denied;
        Reply denial(denied, 2);
        (void)session_.dispatcher().permitted(session_, *command, args, denial, "lua");
        auto text = denied.view();
        text.remove_prefix(std::min<std::size_t>(text.size(), sizeof "-NOPERM" ));
        reply.error("NOPERM ACL failure in script: ", text.substr(0, text.find('\r')));
        return false;
    }
    // A message to others is a write to them.
    if (read_only_ && (spec.access.writes() || (spec.flags & flag::may_replicate) != 0)) {
        reply.error("ERR Write commands are not allowed from read-only scripts.");
        return false;
    }
    if (auto* persistence = session_.server().services.persistence;
        spec.access.writes() && persistence != nullptr && persistence->attention()) {
        if (const auto refusal = persistence->write_refusal(); !refusal.empty()) {
            reply.error(refusal);
            return false;
        }
    }
    if (session_.dispatcher().refuses_lookup_write(*command, args, reply)) return false;
    if ((spec.flags & flag::denyoom) != 0 && client.no_room && !wrote_ && !flags_.allow_oom) {
        reply.error(errors::out_of_memory);
        return false;
    }
    return true;
}

void SessionHost::call(Args args, OutputBuffer& out, int resp_version) {
    Reply reply(out, resp_version);
    const Command* command = command_table().resolve(args);
    if (!admit(command, args, reply)) return;
    session_.set_resp_version(resp_version);
    if (command->spec->access.writes() && !wrote_) {
        wrote_ = true;
        gate_.wrote();
    }
    session_.dispatcher().call_inside(session_, *command, args, reply, true);
}

std::optional<bool> SessionHost::permits(Args args) {
    const Command* command = command_table().resolve(args);
    if (command == nullptr) return std::nullopt;
    auto& client = session_.client();
    std::size_t at = 0;
    return client.unrestricted || !client.user || client.user->check(*command, args, at) == AclDenial::none;
}

void SessionHost::log(LogLevel level, std::string_view text) {
    switch (level) {
        case LogLevel::debug: spdlog::trace("script: {}", text); break;
        case LogLevel::verbose: spdlog::debug("script: {}", text); break;
        case LogLevel::notice: spdlog::info("script: {}", text); break;
        case LogLevel::warning: spdlog::warn("script: {}", text); break;
    }
}

}  // namespace sabil::proxy::resp::scripting
