// Invalidations that belong after a reply: of keys that a blocked client's own command changes when it goes on.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace sabil::proxy::resp {

struct ClientState;

// While it lives, what this thread would deliver to the client with its reply is kept; its end delivers it. Whoever
// serves a blocked client, on whatever worker; one at a time.
class HeldDelivery {
  public:
    explicit HeldDelivery(ClientState& client) noexcept;
    ~HeldDelivery();
    HeldDelivery(const HeldDelivery&) = delete;
    HeldDelivery& operator=(const HeldDelivery&) = delete;

  private:
    friend struct ClientState;
    ClientState& client_;
    std::vector<std::shared_ptr<const std::string>> kept_;
};

}  // namespace sabil::proxy::resp
