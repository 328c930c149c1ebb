#include "proxy/observe/http_server.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

#include "proxy/observe/http_access.h"
#include "proxy/observe/page.h"

namespace sabil::proxy::observe {
namespace {

// Threads for connections; enqueue() waits while too many connections do, so that the kernel holds further ones.
class BoundedPool final : public httplib::TaskQueue {
  public:
    BoundedPool() {
        for (std::size_t i = 0; i < HttpServer::threads_count; ++i) threads_.emplace_back([this] { work(); });
    }
    void enqueue(std::function<void()> task) override {
        std::unique_lock lock(mutex_);
        room_.wait(lock, [this] { return stopping_ || tasks_.size() < HttpServer::waiting_connections_max; });
        tasks_.push_back(std::move(task));
        work_.notify_one();
    }
    void shutdown() override {
        {
            std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        work_.notify_all();
        room_.notify_all();
        for (auto& thread : threads_) thread.join();
    }

  private:
    void work() {
        while (true) {
            std::function<void()> task;
            {
                std::unique_lock lock(mutex_);
                work_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
                if (tasks_.empty()) return;
                task = std::move(tasks_.front());
                tasks_.pop_front();
            }
            room_.notify_one();
            task();
        }
    }
    std::mutex mutex_;
    std::condition_variable work_;
    std::condition_variable room_;
    std::deque<std::function<void()>> tasks_;
    std::vector<std::thread> threads_;
    bool stopping_ = false;
};

tl::unexpected<Error> cannot_listen(const net::Address& address, const std::string& why) {
    return fail(ErrorCode::unavailable, "cannot listen on " + address.text() + " for http: " + why);
}

std::string system_error() {
    return std::generic_category().message(errno);
}

Result<int> listen_unix(const net::Address& address) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (address.unix_path.size() >= sizeof name.sun_path) return cannot_listen(address, "the path is too long");
    std::memcpy(name.sun_path, address.unix_path.data(), address.unix_path.size());
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return cannot_listen(address, system_error());
    const auto* raw = reinterpret_cast<const sockaddr*>(&name);
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool in_use = probe >= 0 && connect(probe, raw, sizeof name) == 0;
    if (probe >= 0) ::close(probe);
    struct stat status {};
    if (!in_use && lstat(address.unix_path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) {
        unlink(address.unix_path.c_str());  // left behind by a process that is gone
    }
    if (in_use || bind(fd, raw, sizeof name) != 0 || ::listen(fd, SOMAXCONN) != 0) {
        auto why = in_use ? std::string("somebody listens there") : system_error();
        ::close(fd);
        return cannot_listen(address, why);
    }
    return fd;
}

Result<int> listen_tcp(net::Address& address) {
    addrinfo hints{};
    hints.ai_flags = AI_PASSIVE;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const char* host = address.host.empty() || address.host == "*" ? nullptr : address.host.c_str();
    int status = getaddrinfo(host, std::to_string(address.port).c_str(), &hints, &found);
    if (status != 0) return cannot_listen(address, gai_strerror(status));
    std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, freeaddrinfo);
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return cannot_listen(address, system_error());
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, found->ai_addr, found->ai_addrlen) != 0 || ::listen(fd, SOMAXCONN) != 0) {
        auto why = system_error();
        ::close(fd);
        return cannot_listen(address, why);
    }
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size);
    address.port = ntohs(name.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&name)->sin6_port
                                                    : reinterpret_cast<sockaddr_in*>(&name)->sin_port);
    return fd;
}

// False where the answer has been written already.
bool may_pass(const httplib::Request& request, httplib::Response& response, const AccessRules& rules) {
    HttpCaller caller{request.path,
                      request.remote_addr,
                      request.get_header_value("Host"),
                      request.get_header_value("Origin"),
                      request.get_header_value("Authorization"),
                      request.method == "POST"};
    auto refuse = [&](int status, const char* text) {
        response.status = status;
        response.set_content(text, "text/plain");
        return false;
    };
    switch (access_of(caller, rules)) {
        case Access::granted:
            return true;
        case Access::loopback_only:
            return refuse(403, "Set [http] password to see this from other machines.\n");
        case Access::wrong_host:
            return refuse(403, "Without [http] password, ask for localhost or an address, not for another name.\n");
        case Access::foreign_origin:
            return refuse(403, "A change must come from this server's own page.\n");
        case Access::wrong_password:
            break;
    }
    response.set_header("WWW-Authenticate", "Basic realm=\"sabil\", charset=\"UTF-8\"");
    return refuse(401, "The password is that of [http].\n");
}

void answer_metrics(const HttpSources& sources, const httplib::Request& request, httplib::Response& response) {
    if (request.get_header_value("Accept").find("application/openmetrics-text") != std::string::npos) {
        response.set_content(sources.open_metrics(), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    } else {
        response.set_content(sources.prometheus(), "text/plain; version=0.0.4; charset=utf-8");
    }
}

void answer_queries(const HttpSources& sources, const httplib::Request& request, httplib::Response& response) {
    std::size_t limit = 50;
    auto text = request.get_param_value("limit");
    if (!text.empty()) {
        auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
        if (error != std::errc{} || end != text.data() + text.size() || limit > HttpServer::queries_max) {
            response.status = 400;
            response.set_content("limit must be a number from 0 to 1000\n", "text/plain");
            return;
        }
    }
    auto by = request.get_param_value("by");
    if (by.empty()) by = "hits";
    if (by != "hits" && by != "saved" && by != "bytes" && by != "misses") {
        response.status = 400;
        response.set_content("by must be one of hits, saved, bytes, misses\n", "text/plain");
        return;
    }
    response.set_content(sources.queries_json(limit, by), "application/json");
}

// One request of the page each second: a connection kept open would hold a thread meanwhile.
void answer_live(const HttpSources& sources, const httplib::Request& request, httplib::Response& response) {
    std::uint64_t after = 0;
    auto text = request.get_param_value("after");
    std::from_chars(text.data(), text.data() + text.size(), after);
    response.set_header("Connection", "close");
    response.set_content(sources.live_json(after), "application/json");
}

void answer_purge(const HttpSources& sources, const httplib::Request& request, httplib::Response& response) {
    auto purged = sources.purge(request.get_param_value("scope"), request.get_param_value("what"));
    if (purged) {
        response.set_content("{\"dropped\":" + std::to_string(*purged) + "}\n", "application/json");
    } else {
        response.status = purged.error().code == ErrorCode::not_found ? 404 : 400;
        response.set_content(purged.error().message + "\n", "text/plain");
    }
}

}  // namespace

class HttpServer::Listener : private httplib::Server {
  public:
    Listener(const HttpSources& sources, const AccessRules& rules, int fd, std::string unix_path)
        : unix_path_(std::move(unix_path)) {
        svr_sock_ = fd;
        new_task_queue = [] { return new BoundedPool; };
        set_payload_max_length(request_body_bytes_max);
        set_read_timeout(socket_seconds_max);
        set_write_timeout(socket_seconds_max);
        set_keep_alive_timeout(keep_alive_seconds_max);
        set_keep_alive_max_count(100);
        set_tcp_nodelay(unix_path_.empty());
        set_default_headers({{"X-Content-Type-Options", "nosniff"}, {"Cache-Control", "no-store"}});
        set_pre_routing_handler([&rules](const httplib::Request& request, httplib::Response& response) {
            return may_pass(request, response, rules) ? HandlerResponse::Unhandled : HandlerResponse::Handled;
        });
        route(sources);
        thread_ = std::thread([this] { listen_after_bind(); });
        // stop() has no effect on a server that does not run yet.
        while (!is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ~Listener() override {
        stop();
        thread_.join();
        if (!unix_path_.empty()) unlink(unix_path_.c_str());
    }

  private:
    void route(const HttpSources& sources) {
        using httplib::Request;
        using httplib::Response;
        Get("/metrics",
            [&](const Request& request, Response& response) { answer_metrics(sources, request, response); });
        Get("/healthz", [](const Request&, Response& response) { response.set_content("ok\n", "text/plain"); });
        Get("/readyz", [&](const Request&, Response& response) {
            auto readiness = sources.readiness();
            response.status = readiness.ready ? 200 : 503;
            response.set_content((readiness.ready ? "ready: " : "not ready: ") + readiness.why + "\n", "text/plain");
        });
        Get("/api/status", [&](const Request&, Response& response) {
            response.set_content(sources.status_json(), "application/json");
        });
        Get("/api/lookups", [&](const Request&, Response& response) {
            response.set_content(sources.lookups_json(), "application/json");
        });
        Get("/api/queries",
            [&](const Request& request, Response& response) { answer_queries(sources, request, response); });
        Get("/api/events", [&](const Request&, Response& response) {
            response.set_content(sources.events_json(), "application/json");
        });
        Get("/api/live", [&](const Request& request, Response& response) { answer_live(sources, request, response); });
        Post("/api/purge",
             [&](const Request& request, Response& response) { answer_purge(sources, request, response); });
        Get("/", [](const Request&, Response& response) {
            response.set_header(
                "Content-Security-Policy",
                "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:");
            response.set_content(std::string(page_html()), "text/html; charset=utf-8");
        });
        Get("/page.css", [](const Request&, Response& response) {
            response.set_content(std::string(page_css()), "text/css; charset=utf-8");
        });
        Get("/page.js", [](const Request&, Response& response) {
            response.set_content(std::string(page_js()), "text/javascript; charset=utf-8");
        });
        set_error_handler([](const Request& request, Response& response) {
            if (response.body.empty() && response.status == 404) {
                response.set_content("no such page: " + request.path.substr(0, 100) + "\n", "text/plain");
            }
        });
    }

    std::string unix_path_;
    std::thread thread_;
};

HttpServer::HttpServer(HttpSources sources, AccessRules rules)
    : sources_(std::move(sources)), rules_(std::move(rules)) {}

HttpServer::~HttpServer() {
    close();
}

Result<net::Address> HttpServer::open(const net::Address& address) {
    auto actual = address;
    auto fd = address.is_unix() ? listen_unix(address) : listen_tcp(actual);
    if (!fd) return tl::unexpected(fd.error());
    listeners_.push_back(std::make_unique<Listener>(sources_, rules_, *fd, address.unix_path));
    return actual;
}

void HttpServer::close() {
    listeners_.clear();
}

}  // namespace sabil::proxy::observe
