// PING, ECHO: the conversation itself.
#include "proxy/resp/command_families.h"
#include "proxy/resp/reply.h"
#include "proxy/resp/session.h"

namespace sabil::proxy::resp {
namespace {

// PING [message]
void ping(cache::Database&, Args args, Reply& reply, Session&) {
    if (args.size() > 2) return reply.wrong_arguments("ping");
    if (args.size() == 2) return reply.bulk(args[1]);
    reply.simple("PONG");
}

// ECHO message
void echo(cache::Database&, Args args, Reply& reply, Session&) { reply.bulk(args[1]); }

constexpr CommandSpec rows[] = {
    {.name = "ping",
     .arity = -1,
     .access = Access::none(),
     .flags = flag::fast,
     .group = Group::connection,
     .since = "1.0.0",
     .summary = "Returns the server's liveliness response.",
     .complexity = "O(1)",
     .handler = ping},
    {.name = "echo",
     .arity = 2,
     .access = Access::none(),
     .flags = flag::loading | flag::stale | flag::fast,
     .group = Group::connection,
     .since = "1.0.0",
     .summary = "Returns the given string.",
     .complexity = "O(1)",
     .handler = echo},
};

}  // namespace

CommandFamily connection_commands() { return rows; }

}  // namespace sabil::proxy::resp
