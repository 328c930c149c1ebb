#include "tests/cache/persist/redis_server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <stdexcept>
#include <thread>

namespace sabil::cache {

RedisServer::RedisServer(std::filesystem::path folder) : folder_(std::move(folder)) {
    const auto path = (folder_ / "redis.sock").string();
    const auto log = (folder_ / "redis.log").string();
    pid_ = fork();
    if (pid_ == 0) {
        dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", path.c_str(), "--dir", folder_.c_str(),
               "--save", "", "--logfile", log.c_str(), "--enable-debug-command", "yes", nullptr);
        _exit(127);
    }
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    for (int tries = 0; tries < 200; ++tries) {
        socket_ = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
            call({"PING"}) == "PONG") {
            return;
        }
        close(socket_);
        socket_ = -1;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    throw std::runtime_error("redis-server does not answer; see " + log);
}

RedisServer::~RedisServer() {
    if (socket_ >= 0) close(socket_);
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
}

std::string RedisServer::call(const std::vector<std::string>& arguments) {
    std::string request = "*" + std::to_string(arguments.size()) + "\r\n";
    for (const auto& argument : arguments) {
        request += "$" + std::to_string(argument.size()) + "\r\n" + argument + "\r\n";
    }
    for (std::size_t sent = 0; sent < request.size();) {
        const auto n = write(socket_, request.data() + sent, request.size() - sent);
        if (n <= 0) throw std::runtime_error("redis-server has closed the connection");
        sent += static_cast<std::size_t>(n);
    }
    return read_reply();
}

void RedisServer::fill() {
    char bytes[65'536];
    const auto n = read(socket_, bytes, sizeof bytes);
    if (n <= 0) throw std::runtime_error("redis-server has closed the connection");
    buffer_.append(bytes, static_cast<std::size_t>(n));
}

std::string RedisServer::read_line() {
    auto end = buffer_.find("\r\n");
    while (end == std::string::npos) {
        fill();
        end = buffer_.find("\r\n");
    }
    auto line = buffer_.substr(0, end);
    buffer_.erase(0, end + 2);
    return line;
}

std::string RedisServer::read_bytes(std::size_t size) {
    while (buffer_.size() < size + 2) fill();
    auto bytes = buffer_.substr(0, size);
    buffer_.erase(0, size + 2);
    return bytes;
}

std::string RedisServer::read_reply() {
    const auto line = read_line();
    const auto rest = line.substr(1);
    if (line[0] == '$') return rest == "-1" ? "(nil)" : read_bytes(std::stoul(rest));
    if (line[0] == '-') return line;
    if (line[0] != '*') return rest;
    std::string out;
    for (auto left = std::stol(rest); left > 0; --left) out += read_reply() + '\n';
    return out;
}

}  // namespace sabil::cache
