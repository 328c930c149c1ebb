#include "proxy/app/daemon.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace sabil::proxy::app {
namespace {

Result<void> detach_from_terminal() {
    auto child = fork();
    if (child < 0) return fail(ErrorCode::io, "cannot go to the background: " + std::generic_category().message(errno));
    if (child > 0) _exit(0);
    setsid();
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) return fail(ErrorCode::io, "/dev/null: " + std::generic_category().message(errno));
    for (int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null, standard);
    close(null);
    return {};
}

}  // namespace

Result<void> become_daemon(bool detach, const std::string& pid_file) {
    if (detach) {
        if (auto done = detach_from_terminal(); !done) return done;
    }
    if (pid_file.empty()) return {};
    std::ofstream out(pid_file);
    out << getpid() << '\n';
    out.flush();
    if (!out) return fail(ErrorCode::io, "pidfile '" + pid_file + "' cannot be written");
    return {};
}

}  // namespace sabil::proxy::app
