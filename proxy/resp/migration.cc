#include "proxy/resp/migration.h"

#include <asio/co_spawn.hpp>
#include <asio/connect.hpp>
#include <asio/detached.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/read_until.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>

#include "proxy/net/worker.h"

#include <atomic>
#include <map>
#include <memory>
#include <utility>

namespace sabil::proxy::resp {
namespace {

using asio::ip::tcp;

constexpr std::size_t reply_line_bytes_max = 64 << 10;

void append_command(std::string& out, std::initializer_list<std::string_view> words) {
    out += "*" + std::to_string(words.size()) + "\r\n";
    for (const auto word : words) {
        out += "$" + std::to_string(word.size()) + "\r\n";
        out += word;
        out += "\r\n";
    }
}

struct Link {
    Link(asio::io_context& context, std::chrono::milliseconds limit)
        : socket(context), timer(context), timeout(limit) {}

    tcp::socket socket;
    asio::steady_timer timer;
    std::chrono::milliseconds timeout;
    std::string received;

    // Each step of the conversation has the whole time limit.
    static void arm(const std::shared_ptr<Link>& link) {
        link->timer.expires_after(link->timeout);
        link->timer.async_wait([link](std::error_code error) {
            if (error || link->timer.expiry() > std::chrono::steady_clock::now()) return;
            std::error_code ignored;
            link->socket.close(ignored);
        });
    }
};

// Of this worker's thread, by host and port.
using IdleLinks = std::map<std::string, std::shared_ptr<Link>>;
thread_local IdleLinks idle_links;
std::atomic<std::size_t> idle_links_count{0};

std::string place_of(const MigrationTarget& target) {
    return target.host + " " + target.port;
}

void drop_idle(IdleLinks::iterator at) {
    idle_links.erase(at);
    idle_links_count.fetch_sub(1, std::memory_order_relaxed);
}

std::shared_ptr<Link> take_idle(const MigrationTarget& target) {
    const auto found = idle_links.find(place_of(target));
    // Who logs in begins as nobody: what a refused AUTH would leave is another user's rights.
    if (found == idle_links.end() || !target.password.empty()) return nullptr;
    auto link = std::move(found->second);
    drop_idle(found);
    link->timeout = target.timeout;
    return link;
}

void keep_idle(const MigrationTarget& target, const std::shared_ptr<Link>& link) {
    if (idle_links.size() >= migration_links_max_count) drop_idle(idle_links.begin());
    const auto place = place_of(target);
    if (idle_links.insert_or_assign(place, link).second) idle_links_count.fetch_add(1, std::memory_order_relaxed);
    link->timer.expires_after(migration_link_idle);
    link->timer.async_wait([place, kept = std::weak_ptr(link)](std::error_code error) {
        const auto found = idle_links.find(place);
        if (!error && found != idle_links.end() && found->second == kept.lock()) drop_idle(found);
    });
}

asio::awaitable<bool> open_link(std::shared_ptr<Link> link, const MigrationTarget& target) {
    std::error_code error;
    Link::arm(link);
    tcp::resolver resolver(link->socket.get_executor());
    const auto targets =
        co_await resolver.async_resolve(target.host, target.port, asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return false;
    co_await asio::async_connect(link->socket, targets, asio::redirect_error(asio::use_awaitable, error));
    co_return !error;
}

// One reply line without its line break; false where none came in time.
asio::awaitable<bool> read_line(std::shared_ptr<Link> link, std::string& line) {
    std::error_code error;
    Link::arm(link);
    const auto size =
        co_await asio::async_read_until(link->socket, asio::dynamic_buffer(link->received, reply_line_bytes_max),
                                        "\r\n", asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return false;
    line = link->received.substr(0, size - 2);
    link->received.erase(0, size);
    co_return true;
}

std::string requests(const MigrationTarget& target, const std::vector<MigratedKey>& keys, bool with_greeting) {
    std::string out;
    if (with_greeting) {
        if (!target.user.empty())
            append_command(out, {"AUTH", target.user, target.password});
        else if (!target.password.empty())
            append_command(out, {"AUTH", target.password});
        append_command(out, {"SELECT", target.database});
    }
    for (const auto& moved : keys) {
        const auto ttl = std::to_string(moved.ttl_ms);
        if (target.replace)
            append_command(out, {"RESTORE", moved.key, ttl, moved.payload, "REPLACE"});
        else
            append_command(out, {"RESTORE", moved.key, ttl, moved.payload});
    }
    return out;
}

// Sends the keys; `accepted` are the keys that the other server now has. The error's text, or nothing.
asio::awaitable<std::string> send_keys(std::shared_ptr<Link> link, const MigrationTarget& target,
                                       const std::vector<MigratedKey>& keys, bool with_greeting,
                                       std::vector<MigratedKey>& accepted) {
    const std::string out = requests(target, keys, with_greeting);
    std::error_code error;
    Link::arm(link);
    co_await asio::async_write(link->socket, asio::buffer(out), asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return "IOERR error or timeout writing to target instance";
    std::string refusal;
    std::string line;
    const int greetings = !with_greeting ? 0 : target.password.empty() ? 1 : 2;
    for (int i = 0; i < greetings; ++i) {
        if (!co_await read_line(link, line)) co_return "IOERR error or timeout reading from target instance";
        if (line.starts_with('-') && refusal.empty()) refusal = line.substr(1);
    }
    const bool greeted = refusal.empty();
    for (const auto& moved : keys) {
        if (!co_await read_line(link, line)) co_return "IOERR error or timeout reading from target instance";
        if (line.starts_with('-')) {
            if (refusal.empty()) refusal = line.substr(1);
        } else if (greeted) {
            accepted.push_back(moved);
        }
    }
    co_return refusal.empty() ? std::string() : "ERR Target instance replied with error: " + refusal;
}

asio::awaitable<void> run(asio::io_context& context, MigrationTarget target, std::vector<MigratedKey> keys,
                          MigrationSteps steps) {
    steps.started();
    constexpr const char* unreachable = "IOERR error or timeout connecting to the client";
    auto link = take_idle(target);
    bool may_be_gone = link != nullptr;
    std::string error;
    if (!link) {
        link = std::make_shared<Link>(context, target.timeout);
        if (!co_await open_link(link, target)) error = unreachable;
    }
    for (int round = 0; error.empty() && !keys.empty(); ++round) {
        std::vector<MigratedKey> accepted;
        error = co_await send_keys(link, target, keys, round == 0, accepted);
        // The other server had closed what was kept.
        if (std::exchange(may_be_gone, false) && error.starts_with("IOERR") && link->socket.is_open()) {
            link = std::make_shared<Link>(context, target.timeout);
            error = unreachable;
            if (co_await open_link(link, target)) error = co_await send_keys(link, target, keys, true, accepted);
        }
        keys = steps.accepted(std::move(accepted));
        if (error.empty() && !keys.empty() && round + 1 == migration_rounds_max_count) {
            error = "ERR key '" + keys.front().key + "' keeps changing: it was copied, and is still here";
        }
        target.replace = true;
    }
    link->timer.cancel();
    if (error.empty() && target.password.empty() && link->socket.is_open()) keep_idle(target, link);
    steps.finished(error);
}

}  // namespace

std::size_t idle_migration_links_count() noexcept { return idle_links_count.load(std::memory_order_relaxed); }

void start_migration(net::Worker& worker, MigrationTarget target, std::vector<MigratedKey> keys, MigrationSteps steps) {
    auto& context = worker.context();
    asio::post(
        context, [&context, target = std::move(target), keys = std::move(keys), steps = std::move(steps)]() mutable {
            asio::co_spawn(context, run(context, std::move(target), std::move(keys), std::move(steps)), asio::detached);
        });
}

}  // namespace sabil::proxy::resp
