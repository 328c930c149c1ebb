// Invalidations that belong before a reply: of keys that had to go so that the command could run.
#pragma once

namespace sabil::proxy::resp {

struct ClientState;

// While it lives, what this thread delivers to the client goes into its output at once, before the reply to the command
// that is about to run. The client's worker, between its commands; one at a time.
class DirectDelivery {
  public:
    explicit DirectDelivery(const ClientState& client) noexcept;
    ~DirectDelivery();
    DirectDelivery(const DirectDelivery&) = delete;
    DirectDelivery& operator=(const DirectDelivery&) = delete;
};

}  // namespace sabil::proxy::resp
