#include "proxy/app/signals.h"

#include <csignal>
#include <ctime>

namespace sabil::proxy::app {
namespace {

sigset_t waited_for() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    return set;
}

}  // namespace

void take_signals() {
    auto set = waited_for();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

int wait_for_signal(std::chrono::milliseconds limit) {
    auto set = waited_for();
    timespec time{};
    time.tv_sec = limit.count() / 1000;
    time.tv_nsec = limit.count() % 1000 * 1'000'000;
    int number = sigtimedwait(&set, nullptr, &time);
    return number > 0 ? number : 0;
}

}  // namespace sabil::proxy::app
