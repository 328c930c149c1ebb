#include "proxy/mysql_front/front.h"

#include <asio/post.hpp>

#include <spdlog/spdlog.h>
#include <pwd.h>
#include <unistd.h>

#include <thread>

#include "mysql/wire/err_packet.h"
#include "mysql/wire/frame.h"
#include "proxy/mysql_front/front_parts.h"
#include "proxy/mysql_front/result_keeper.h"
#include "proxy/mysql_front/session.h"
#include "proxy/mysql_front/tls_certificate.h"
#include "proxy/mysql_front/tls_sessions.h"
#include "proxy/net/listener.h"

namespace sabil::proxy::mysql_front {
namespace {

constexpr std::uint16_t error_too_many_connections = 1040;  // ER_CON_COUNT_ERROR

Result<void> set_up_front_tls(asio::ssl::context& context, const FrontTlsOptions& options) {
    std::error_code error;
    context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                            asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 |
                            asio::ssl::context::no_tlsv1_1,
                        error);
    if (!options.cert.empty() || !options.key.empty()) {
        context.use_certificate_chain_file(options.cert, error);
        if (error) return fail(ErrorCode::io, "certificate '" + options.cert + "': " + error.message());
        context.use_private_key_file(options.key, asio::ssl::context::pem, error);
        if (error) return fail(ErrorCode::io, "key '" + options.key + "': " + error.message());
        return {};
    }
    auto pair = options.folder.empty() ? make_certificate() : kept_certificate(options.folder);
    if (!pair) return tl::unexpected(std::move(pair.error()));
    context.use_certificate_chain(asio::buffer(pair->certificate_pem), error);
    if (!error) context.use_private_key(asio::buffer(pair->key_pem), asio::ssl::context::pem, error);
    if (error) return fail(ErrorCode::io, "the MySQL port's certificate cannot be used: " + error.message());
    return {};
}

Result<void> set_up_backend_tls(asio::ssl::context& context, const BackendOptions& options) {
    std::error_code error;
    const bool verify = options.tls == BackendTls::verify_identity || !options.ca.empty();
    context.set_verify_mode(verify ? asio::ssl::verify_peer : asio::ssl::verify_none, error);
    if (!options.ca.empty()) {
        context.load_verify_file(options.ca, error);
        if (error) return fail(ErrorCode::io, "mysql.ca '" + options.ca + "': " + error.message());
    } else if (verify) {
        context.set_default_verify_paths(error);
    }
    if (!options.cert.empty()) {
        context.use_certificate_chain_file(options.cert, error);
        if (error) return fail(ErrorCode::io, "mysql.cert '" + options.cert + "': " + error.message());
        context.use_private_key_file(options.key, asio::ssl::context::pem, error);
        if (error) return fail(ErrorCode::io, "mysql.key '" + options.key + "': " + error.message());
    }
    keep_tls_sessions(context);
    return {};
}

void refuse(int descriptor) {
    std::string payload, packet;
    mysql::build_err(payload, {error_too_many_connections, "08004", "Too many connections"});
    std::uint8_t sequence = 0;
    mysql::append_packet(packet, sequence, payload);
    (void)!::write(descriptor, packet.data(), packet.size());
    ::close(descriptor);
}

}  // namespace

void FrontWorker::count_bypass(StatementId statement, std::string_view reason) {
    const auto id = reasons.id(reason);
    if (!bypass_counter_made[id]) {
        bypass_counters[id] = parts.metrics.bypass(ReasonTable::name(id));
        bypass_counter_made[id] = true;
    }
    bypass_counters[id].add();
    parts.statistics.count_bypass(index(), statement, ReasonTable::name(id));
}

void FrontWorker::add_pending(PendingFill fill) {
    const bool first = pending.empty();
    pending.add(std::move(fill));
    if (first && !pending.empty()) settle_pending();
}

void FrontWorker::settle_pending() {
    pending.settle(parts.coherence, parts.results, system_clock().steady());
    if (pending.empty()) return;
    settle_timer.expires_after(settle_interval);
    settle_timer.async_wait([this](std::error_code error) {
        if (!error) settle_pending();
    });
}

void FrontWorker::even_out() {
    std::vector<Session*> movable;
    for (auto* session : sessions) {
        if (movable.size() == moves_per_report_max || !parts.spread.receiver(index())) break;
        if (session->may_move()) movable.push_back(session);
    }
    for (auto* session : movable) {
        const auto to = parts.spread.receiver(index());
        if (!to) break;
        session->move(*all[*to]);
    }
}

struct MysqlFront::Impl {
    Impl(MysqlFrontOptions options, net::WorkerPool& w, cache::Keyspace& keyspace, Coherence& coherence,
         const observe::FaceMetrics& metrics, mysql::RsaKeyPair key)
        : parts(std::move(options), coherence, keyspace, metrics, w.size()),
          pool(w),
          rsa(std::move(key)),
          listener(
              w,
              [this](net::Worker& worker, int descriptor, bool is_unix) {
                  accept(*workers[worker.index()], descriptor, is_unix);
              },
              [this]() -> net::Worker& { return pool[parts.spread.place()]; }) {
        for (std::size_t i = 0; i < w.size(); ++i) {
            workers.push_back(std::make_unique<FrontWorker>(parts, w[i], workers));
        }
        parts.refills = &refills;
        parts.login.rsa = &rsa;
        parts.login.process_user = ::geteuid();
        if (const auto* entry = ::getpwuid(parts.login.process_user)) parts.login.process_user_name = entry->pw_name;
        parts.login.backend_tls_mode = parts.options.backend.tls;
        parts.login.backend_host = parts.options.backend.address.host;
    }

    ~Impl() {
        if (pool.running()) return;
        for (auto& worker : workers) {
            for (auto* session : std::exchange(worker->sessions, {})) session->abandon();
        }
    }

    void accept(FrontWorker& worker, int descriptor, bool is_unix) {
        if (stopping || parts.connections_count.fetch_add(1) >= parts.options.connections_count_max) {
            parts.connections_count.fetch_sub(1);
            parts.spread.left(worker.index());
            return refuse(descriptor);
        }
        std::make_shared<Session>(worker)->start(descriptor, is_unix);
    }

    static void sweep(FrontWorker& worker) {
        const auto now = system_clock().steady();
        for (auto* session : worker.sessions) session->sweep(now);
        worker.sweep_timer.expires_after(sweep_interval);
        worker.sweep_timer.async_wait([&worker](std::error_code error) {
            if (!error) sweep(worker);
        });
    }

    FrontParts parts;
    ResultKeeper keeper{parts};
    net::WorkerPool& pool;
    mysql::RsaKeyPair rsa;
    asio::ssl::context front_tls{asio::ssl::context::tls_server};
    asio::ssl::context backend_tls{asio::ssl::context::tls_client};
    std::vector<std::unique_ptr<FrontWorker>> workers;
    Refills refills{parts, workers};
    net::Listener listener;
    std::atomic<bool> stopping{false};
    bool started = false;
};

MysqlFront::MysqlFront(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

MysqlFront::~MysqlFront() { stop(); }

Result<std::unique_ptr<MysqlFront>> MysqlFront::create(MysqlFrontOptions options, net::WorkerPool& workers,
                                                       cache::Keyspace& keyspace, Coherence& coherence,
                                                       const observe::FaceMetrics& metrics) {
    auto rsa = mysql::RsaKeyPair::generate();
    if (!rsa) return tl::unexpected(std::move(rsa.error()));
    auto impl = std::make_unique<Impl>(std::move(options), workers, keyspace, coherence, metrics, std::move(*rsa));
    const auto& chosen = impl->parts.options;
    if (chosen.tls.enabled) {
        if (auto done = set_up_front_tls(impl->front_tls, chosen.tls); !done) return tl::unexpected(done.error());
        impl->parts.login.front_tls = &impl->front_tls;
    }
    if (chosen.backend.tls != BackendTls::disabled) {
        if (auto done = set_up_backend_tls(impl->backend_tls, chosen.backend); !done) {
            return tl::unexpected(done.error());
        }
        impl->parts.login.backend_tls = &impl->backend_tls;
    }
    std::unique_ptr<MysqlFront> front(new MysqlFront(std::move(impl)));
    if (auto done = front->set_rules(front->impl_->parts.options.rules); !done) return tl::unexpected(done.error());
    return front;
}

Result<void> MysqlFront::start() {
    for (const auto& address : impl_->parts.options.listen) {
        auto opened = impl_->listener.open(address);
        if (!opened) return tl::unexpected(std::move(opened.error()));
    }
    for (auto& worker : impl_->workers) {
        asio::post(worker->worker.context(), [w = worker.get()] {
            Impl::sweep(*w);
        });
    }
    impl_->started = true;
    return {};
}

void MysqlFront::stop() {
    if (impl_->stopping.exchange(true)) return;
    impl_->refills.close();
    impl_->listener.close();
    if (!impl_->started) return;
    auto done = std::make_shared<std::atomic<std::size_t>>(0);
    for (auto& worker : impl_->workers) {
        asio::post(worker->worker.context(), [w = worker.get(), done] {
            w->sweep_timer.cancel();
            w->settle_timer.cancel();
            w->load_report.stop();
            w->stopped = true;
            for (auto* session : w->sessions) session->close();
            done->fetch_add(1);
        });
    }
    const auto limit = system_clock().steady() + stop_limit;
    while (system_clock().steady() < limit &&
           (done->load() < impl_->workers.size() || impl_->parts.connections_count.load() > 0)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

std::vector<net::Address> MysqlFront::addresses() const { return impl_->listener.addresses(); }

std::size_t MysqlFront::connections() const noexcept { return impl_->parts.connections_count.load(); }

std::size_t MysqlFront::connections_on(std::size_t worker) const noexcept { return impl_->parts.spread.connections(worker); }

void MysqlFront::set_least_workers(std::size_t count) noexcept { impl_->parts.spread.set_least(count); }

Result<void> MysqlFront::set_rules(const std::vector<RuleOptions>& options) {
    auto rules = Rules::compile(options);
    if (!rules) return tl::unexpected(std::move(rules.error()));
    const auto version = impl_->parts.rules_version.load() + 1;
    impl_->parts.rules.store(std::make_shared<const RuleSet>(RuleSet{std::move(*rules), version, text_of(options)}));
    impl_->parts.rules_version.store(version, std::memory_order_release);
    return {};
}

std::vector<StatementFigures> MysqlFront::statements() const { return impl_->parts.statistics.collect(); }

persistence::FillKeeper& MysqlFront::keeper() noexcept { return impl_->keeper; }

bool MysqlFront::purge_statement(std::string_view digest) {
    const auto id = impl_->parts.statistics.find_digest(digest);
    if (id == 0) return false;
    impl_->parts.statistics.purge(id);
    return true;
}

void MysqlFront::purge_tag(std::string_view tag) { impl_->parts.tags.purge(tag); }

}  // namespace sabil::proxy::mysql_front
