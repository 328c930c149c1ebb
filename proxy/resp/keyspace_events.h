// Hears of every change in the store and tells those concerned: watchers, tracking clients, subscribers of keyspace
// notifications, the running command (which serves blocked clients afterwards and logs).
#pragma once

#include "cache/store/observer.h"
#include "proxy/resp/args.h"

namespace sabil::proxy::resp {

class ServerState;
struct CommandTrace;

// Thread-safety: any thread, under the key's slice lock.
class KeyspaceEvents final : public cache::KeyspaceObserver {
  public:
    explicit KeyspaceEvents(ServerState& server) noexcept : server_(server) {}
    void modified(unsigned database, cache::KeyRef key) override;
    void event(unsigned database, cache::EventClass event_class, std::string_view event, cache::KeyRef key) override;
    void removed(unsigned database, cache::KeyRef key, Removal why) override;
    void fields_expired(unsigned database, cache::KeyRef key, std::span<const std::string> fields) override;
    void flushed(std::optional<unsigned> database) override;
    void swapped(unsigned first, unsigned second) override;

  private:
    void wake_waiters(CommandTrace& trace, unsigned database, const cache::KeyRef& key);
    template <class Chosen>
    void wake_all(CommandTrace& trace, Chosen chosen);
    void log(unsigned database, Args args);

    ServerState& server_;
};

}  // namespace sabil::proxy::resp
