// Signals as a queue that one thread waits on.
#pragma once

#include <chrono>

namespace sabil::proxy::app {

// Blocks SIGTERM, SIGINT and SIGHUP in this thread and all that it starts, and ignores SIGPIPE. Call before any thread.
void take_signals();
// The next signal's number; 0 when the time is up.
int wait_for_signal(std::chrono::milliseconds limit);

}  // namespace sabil::proxy::app
