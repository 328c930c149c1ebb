// The metrics that are read from the rooms when they are scraped. Names and labels: interface.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "cache/store/keyspace.h"
#include "proxy/coherence/coherence.h"
#include "proxy/observe/registry.h"

namespace sabil::proxy::resp {
class RespServer;
}

namespace sabil::proxy::persistence {
class Service;
}

namespace sabil::proxy::app {

// Each registers callbacks: remove them (Registry::remove_callbacks) before the part ends.
void register_store_metrics(observe::Registry& registry, const cache::Keyspace& keyspace);
// coherence: null without [mysql]; the mode is then "off".
void register_coherence_metrics(observe::Registry& registry, const Coherence* coherence);
void register_resp_metrics(observe::Registry& registry, const resp::RespServer& server);
void register_persistence_metrics(observe::Registry& registry, const persistence::Service& service);

}  // namespace sabil::proxy::app
