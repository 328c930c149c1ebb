// Reading a log back: its commands run through the same handlers that clients' commands run through.
#include "proxy/resp/client_state.h"
#include "proxy/resp/dispatcher.h"

namespace sabil::proxy::resp {

bool Dispatcher::replay(Session& session, Args args, Reply& reply) {
    const Command* command = command_table().resolve(args);
    const auto count = static_cast<int>(args.size());
    const bool known = command != nullptr && command->spec->handler != nullptr;
    if (!known || (command->spec->arity >= 0 ? count != command->spec->arity : count < -command->spec->arity)) {
        reply.error("ERR unknown command or wrong number of arguments");
        return false;
    }
    session.dispatcher_ = this;
    session.trace_ = &trace_;
    session.may_block_ = false;
    trace_.begin(0);
    const auto errors_before = reply.errors();
    const CommandView view{command, args};
    auto locks = (command->spec->flags & flag::own_slices) != 0 ? cache::LockSet() : lock_for({&view, 1}, {});
    cache::Database database(server_.keyspace, session.database_index_, locks.holds_all());
    command->spec->handler(database, args, reply, session);
    trace_.ready_keys.clear();
    trace_.block.reset();
    return reply.errors() == errors_before;
}

}  // namespace sabil::proxy::resp
