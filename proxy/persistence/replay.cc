#include "proxy/persistence/replay.h"

#include "cache/store/lock_set.h"
#include "proxy/resp/client_state.h"
#include "proxy/resp/dispatcher.h"
#include "proxy/resp/server_state.h"

namespace sabil::proxy::persistence {

// A client that nobody is connected to.
struct Replay::Parts {
    explicit Parts(resp::ServerState& server)
        : client(std::make_shared<resp::ClientState>(server.workers[0], 0)),
          session(server, *client),
          dispatcher(server, server.workers[0]) {
        client->authenticated = true;
        client->unrestricted = true;
    }
    std::shared_ptr<resp::ClientState> client;
    resp::Session session;
    resp::Dispatcher dispatcher;
    resp::OutputBuffer output;
};

Replay::Replay(resp::ServerState& server) : server_(server), parts_(std::make_unique<Parts>(server)) {}

Replay::~Replay() = default;

bool Replay::is_known(std::span<const std::string> args) {
    const std::vector<std::string_view> views(args.begin(), args.end());
    const auto* command = resp::command_table().resolve(views);
    return command != nullptr && command->spec->handler != nullptr;
}

std::optional<std::string> Replay::run(std::span<const std::string> args) {
    const std::vector<std::string_view> views(args.begin(), args.end());
    parts_->output.clear();
    resp::Reply reply(parts_->output, 2);
    if (parts_->dispatcher.replay(parts_->session, views, reply)) return std::nullopt;
    const auto text = parts_->output.view();
    return std::string(text.substr(0, text.find('\r')));
}

void Replay::begin_file() {
    parts_->session.set_database_index(0);
}

Result<void> Replay::load_library(std::string_view code) {
    auto locks = cache::LockSet::all(server_.keyspace);
    std::string name;
    const auto error = server_.scripting.load_library(parts_->session, code, true, name);
    if (!error.empty()) return fail(ErrorCode::invalid, error);
    return {};
}

std::vector<std::string> Replay::libraries() const {
    std::vector<std::string> codes;
    for (const auto& [name, library] : server_.scripting.libraries()) codes.push_back(library->code);
    return codes;
}

void Replay::drop_libraries() {
    server_.scripting.flush_libraries();
}

}  // namespace sabil::proxy::persistence
