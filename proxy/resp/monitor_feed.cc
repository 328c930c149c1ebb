#include "proxy/resp/monitor_feed.h"

#include "proxy/resp/client_state.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace sabil::proxy::resp {

void append_quoted(std::string& out, std::string_view bytes) {
    constexpr char digits[] = "0123456789abcdef";
    out += '"';
    for (char c : bytes) {
        switch (c) {
            case '\\':
            case '"': (out += '\\') += c; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            case '\a': out += "\\a"; break;
            case '\b': out += "\\b"; break;
            default:
                if (c >= ' ' && c <= '~') {
                    out += c;
                } else {
                    auto value = static_cast<unsigned char>(c);
                    ((out += "\\x") += digits[value >> 4]) += digits[value & 15];
                }
        }
    }
    out += '"';
}

void MonitorFeed::add(std::shared_ptr<ClientState> client) {
    std::lock_guard lock(mutex_);
    clients_.push_back(std::move(client));
    count_.store(clients_.size(), std::memory_order_relaxed);
}

void MonitorFeed::remove(const ClientState& client) {
    std::lock_guard lock(mutex_);
    std::erase_if(clients_, [&](const auto& c) { return c.get() == &client; });
    count_.store(clients_.size(), std::memory_order_relaxed);
}

void MonitorFeed::send(unsigned database, std::string_view source, Args args) {
    auto now = std::chrono::duration_cast<std::chrono::microseconds>(
                   std::chrono::system_clock::now().time_since_epoch())
                   .count();
    char head[64];
    std::snprintf(head, sizeof head, "+%lld.%06lld [%u ", static_cast<long long>(now / 1'000'000),
                  static_cast<long long>(now % 1'000'000), database);
    std::string line = head;
    line.append(source) += ']';
    for (auto arg : args) {
        line += ' ';
        append_quoted(line, arg);
    }
    line += "\r\n";
    auto payload = std::make_shared<const std::string>(std::move(line));
    std::lock_guard lock(mutex_);
    for (const auto& client : clients_) client->deliver(payload);
}

}  // namespace sabil::proxy::resp
