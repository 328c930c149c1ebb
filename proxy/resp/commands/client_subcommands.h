// Subcommands of CLIENT that have files of their own; their rows are in client.cc.
#pragma once

#include "proxy/resp/command_spec.h"

namespace sabil::proxy::resp::client_subcommands {

// client_tracking.cc
void caching(cache::Database&, Args args, Reply& reply, Session& session);
void getredir(cache::Database&, Args args, Reply& reply, Session& session);
void tracking(cache::Database&, Args args, Reply& reply, Session& session);
void trackinginfo(cache::Database&, Args args, Reply& reply, Session& session);

// client_list.cc
void kill(cache::Database&, Args args, Reply& reply, Session& session);
void list(cache::Database&, Args args, Reply& reply, Session& session);
void unblock(cache::Database&, Args args, Reply& reply, Session& session);

}  // namespace sabil::proxy::resp::client_subcommands
