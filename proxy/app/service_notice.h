// Tells a service manager (systemd, Type=notify) how far we are.
#pragma once

namespace sabil::proxy::app {

// state: "READY=1", "STOPPING=1" ... Does nothing where no manager listens. Thread-safety: any thread.
void notify_service_manager(const char* state) noexcept;

}  // namespace sabil::proxy::app
