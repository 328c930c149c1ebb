// The system's own redis-server in a folder of its own, spoken to over its Unix socket.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace sabil::cache {

class RedisServer {
  public:
    // Starts in `folder` (which must exist), loading its dump.rdb where there is one. throws std::runtime_error where
    // it does not come up within ten seconds.
    explicit RedisServer(std::filesystem::path folder);
    ~RedisServer();
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;

    // One reply as text: bulk and simple strings as they are, integers in decimal, errors with "-", nil as "(nil)",
    // arrays with their elements on lines of their own.
    std::string call(const std::vector<std::string>& arguments);

  private:
    std::string read_reply();
    std::string read_line();
    std::string read_bytes(std::size_t size);
    void fill();

    std::filesystem::path folder_;
    pid_t pid_ = -1;
    int socket_ = -1;
    std::string buffer_;
};

}  // namespace sabil::cache
