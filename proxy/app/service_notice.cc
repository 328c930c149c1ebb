#include "proxy/app/service_notice.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace sabil::proxy::app {

void notify_service_manager(const char* state) noexcept {
    const char* path = std::getenv("NOTIFY_SOCKET");
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (path == nullptr || (path[0] != '/' && path[0] != '@') || std::strlen(path) >= sizeof name.sun_path) return;
    auto size = std::strlen(path);
    std::memcpy(name.sun_path, path, size);
    if (path[0] == '@') name.sun_path[0] = '\0';  // of the abstract namespace
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    (void)!sendto(fd, state, std::strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT, reinterpret_cast<const sockaddr*>(&name),
                  static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size));
    close(fd);
}

}  // namespace sabil::proxy::app
