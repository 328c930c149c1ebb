#include "proxy/coherence/prober.h"

#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <cstdlib>
#include <deque>
#include <string>

#include "mysql/binlog/probe.h"

namespace sabil::proxy::coherence {

using invalidation::Visible;
using mysql::binlog::BinlogPosition;
using mysql::binlog::MariadbGtidPosition;

namespace {
constexpr std::size_t small_result_bytes_max = 1U << 20;
constexpr std::size_t held_off_count_max = 1024;
}  // namespace

// `generation_` tells callbacks of a connection that was given up.
class Prober::Impl : public std::enable_shared_from_this<Impl> {
    // A callback that does nothing once the connection was given up, and that keeps this alive.
    template <class Function>
    auto guarded(std::uint64_t generation, Function function) {
        return [self = shared_from_this(), generation, function](auto&& result) {
            if (generation == self->generation_) function(std::forward<decltype(result)>(result));
        };
    }

  public:
    Impl(asio::io_context& io, mysql::ConnectOptions connect, std::chrono::milliseconds limit)
        : io_(io), options_(std::move(connect)), limit_(limit), hold_off_timer_(io) {}

    void connect(OnServer done) {
        auto generation = renew();
        connection_ = std::make_unique<mysql::Connection>(io_);
        server_ = {};
        connection_->async_connect(options_, guarded(generation, [this, done](Result<void> result) {
                                       if (!result) return fail_connect(result.error(), done);
                                       ask_identity(done);
                                   }));
    }

    void start(Kind kind, std::chrono::milliseconds hold_off, OnSeen on_seen, OnLost on_lost) {
        kind_ = kind;
        hold_off_ = hold_off;
        on_seen_ = std::move(on_seen);
        on_lost_ = std::move(on_lost);
        started_ = true;
        on_resets_ = nullptr;
        wanted_ = in_flight_ = false;
    }

    void request() {
        if (!started_) return;
        wanted_ = true;
        if (!in_flight_) send();
    }

    void count_resets(OnResets done) {
        on_resets_ = std::move(done);
        if (!in_flight_) send();
    }

    void read_gtids(const BinlogPosition& position, OnGtids done) {
        in_flight_ = true;
        auto text = "SELECT BINLOG_GTID_POS('" + position.file + "', " + std::to_string(position.offset) + ")";
        connection_->async_query(text, limit_, small_result_bytes_max,
                                 guarded(generation_, [this, done](Result<mysql::QueryResult> result) {
                                     in_flight_ = false;
                                     auto field = result ? result->at(0, 0) : std::nullopt;
                                     auto parsed = MariadbGtidPosition::parse(field.value_or(std::string_view{}));
                                     done(parsed ? *parsed : MariadbGtidPosition{});
                                     send_next();
                                 }));
    }

    void stop() {
        renew();
        on_seen_ = nullptr;
        on_lost_ = nullptr;
        on_resets_ = nullptr;
    }
    bool started() const noexcept { return started_; }

  private:
    std::uint64_t renew() {
        ++generation_;
        started_ = in_flight_ = wanted_ = false;
        held_off_.clear();
        hold_off_timer_.cancel();
        if (connection_) {
            connection_->close();
            connection_.reset();
        }
        return generation_;
    }

    void fail_connect(const Error& error, const OnServer& done) {
        renew();
        done(tl::unexpected(error));
    }

    void ask_identity(const OnServer& done) {
        mysql::binlog::read_server_identity(*connection_, limit_,
                                            guarded(generation_, [this, done](Result<mysql::ServerIdentity> identity) {
                                                if (!identity) return fail_connect(identity.error(), done);
                                                server_.identity = *identity;
                                                ask_settings(done);
                                            }));
    }

    void ask_settings(const OnServer& done) {
        mysql::binlog::read_server_settings(
            *connection_, limit_, guarded(generation_, [this, done](Result<mysql::binlog::ServerSettings> settings) {
                if (!settings) return fail_connect(settings.error(), done);
                server_.settings = *settings;
                ask_identity_text(done);
            }));
    }

    void ask_identity_text(const OnServer& done) {
        connection_->async_query(std::string(identity_query(server_.identity.kind)), limit_, small_result_bytes_max,
                                 guarded(generation_, [this, done](Result<mysql::QueryResult> result) {
                                     if (!result) return fail_connect(result.error(), done);
                                     server_.identity_text = result->at(0, 0).value_or("");
                                     ask_resets(done);
                                 }));
    }

    void ask_resets(const OnServer& done) {
        read_resets([this, done](Result<std::uint64_t> resets) {
            if (!resets) return fail_connect(resets.error(), done);
            server_.resets = *resets;
            ask_replica(done);
        });
    }

    template <class Function>
    void read_resets(Function done) {
        connection_->async_query("SHOW GLOBAL STATUS LIKE 'Com_reset'", limit_, small_result_bytes_max,
                                 guarded(generation_, [done](Result<mysql::QueryResult> result) {
                                     if (!result) return done(Result<std::uint64_t>(tl::unexpected(result.error())));
                                     std::string count(result->at(0, 1).value_or("0"));
                                     done(Result<std::uint64_t>(std::strtoull(count.c_str(), nullptr, 10)));
                                 }));
    }

    // MySQL's executed set holds what a replica applied without logging, which then holds H back: only MariaDB must be
    // asked.
    void ask_replica(const OnServer& done) {
        if (server_.identity.kind == mysql::ServerKind::mysql) return done(server_);
        connection_->async_query("SELECT @@global.log_slave_updates, @@global.gtid_slave_pos", limit_,
                                 small_result_bytes_max,
                                 guarded(generation_, [this, done](Result<mysql::QueryResult> result) {
                                     if (!result) return fail_connect(result.error(), done);
                                     server_.logs_replicated = result->at(0, 0).value_or("1") != "0";
                                     server_.is_replica = !result->at(0, 1).value_or("").empty();
                                     done(server_);
                                 }));
    }

    void send_next() {
        if (started_ && !in_flight_ && (wanted_ || on_resets_)) send();
    }

    void send_count_of_resets() {
        read_resets([this, done = std::exchange(on_resets_, nullptr)](Result<std::uint64_t> resets) {
            if (!resets) return lost(resets.error());
            in_flight_ = false;
            auto generation = generation_;
            done(*resets);
            if (generation == generation_) send_next();
        });
    }

    void send() {
        in_flight_ = true;
        if (on_resets_) return send_count_of_resets();
        wanted_ = false;
        auto sent = std::chrono::steady_clock::now();
        switch (kind_) {
            case Kind::gtid_executed:
                mysql::binlog::read_gtid_executed(*connection_, limit_, guarded(generation_, [this, sent](auto result) {
                    if (!result) return lost(result.error());
                    seen(std::move(*result), sent);
                }));
                break;
            case Kind::snapshot_position:
                mysql::binlog::read_snapshot_position(*connection_, limit_,
                                                      guarded(generation_, [this, sent](auto result) {
                                                          if (!result) return lost(result.error());
                                                          seen(std::move(*result), sent);
                                                      }));
                break;
            case Kind::end_held_off:
                mysql::binlog::read_binlog_end(*connection_, limit_, guarded(generation_, [this, sent](auto result) {
                    if (!result) return lost(result.error());
                    hold_off(std::move(result->position), sent);
                }));
                break;
        }
    }

    void seen(Visible what, SteadyTime sent) {
        in_flight_ = false;
        auto generation = generation_;
        if (on_seen_) on_seen_(std::move(what), sent);
        if (generation == generation_) send_next();
    }

    void hold_off(BinlogPosition end, SteadyTime sent) {
        in_flight_ = false;
        if (held_off_.size() >= held_off_count_max) held_off_.pop_back();
        held_off_.push_back({std::move(end), sent});
        if (held_off_.size() == 1) await_held_off();
        send_next();
    }
    void await_held_off() {
        hold_off_timer_.expires_at(held_off_.front().sent + hold_off_);
        hold_off_timer_.async_wait([self = shared_from_this(), generation = generation_](std::error_code error) {
            if (error || generation != self->generation_ || self->held_off_.empty()) return;
            auto first = std::move(self->held_off_.front());
            self->held_off_.pop_front();
            if (!self->held_off_.empty()) self->await_held_off();
            if (self->on_seen_) self->on_seen_(std::move(first.end), first.sent + self->hold_off_);
        });
    }

    void lost(const Error& error) {
        auto on_lost = on_lost_;
        stop();
        if (on_lost) on_lost(error);
    }

    struct HeldOff {
        BinlogPosition end;
        SteadyTime sent;
    };

    asio::io_context& io_;
    mysql::ConnectOptions options_;
    std::chrono::milliseconds limit_;
    std::unique_ptr<mysql::Connection> connection_;
    std::uint64_t generation_ = 0;
    Server server_;
    Kind kind_ = Kind::snapshot_position;
    std::chrono::milliseconds hold_off_{0};
    OnSeen on_seen_;
    OnResets on_resets_;
    OnLost on_lost_;
    bool started_ = false;
    bool in_flight_ = false;
    bool wanted_ = false;
    std::deque<HeldOff> held_off_;
    asio::steady_timer hold_off_timer_;
};

Prober::Prober(asio::io_context& io, mysql::ConnectOptions connect, std::chrono::milliseconds limit)
    : impl_(std::make_shared<Impl>(io, std::move(connect), limit)) {}
Prober::~Prober() {
    impl_->stop();
}
void Prober::connect(OnServer done) {
    impl_->connect(std::move(done));
}
void Prober::start(Kind kind, std::chrono::milliseconds hold_off, OnSeen on_seen, OnLost on_lost) {
    impl_->start(kind, hold_off, std::move(on_seen), std::move(on_lost));
}
void Prober::request() {
    impl_->request();
}
void Prober::read_gtids(const BinlogPosition& position, OnGtids done) {
    impl_->read_gtids(position, std::move(done));
}
void Prober::count_resets(OnResets done) {
    impl_->count_resets(std::move(done));
}
void Prober::stop() {
    impl_->stop();
}
bool Prober::started() const noexcept {
    return impl_->started();
}

}  // namespace sabil::proxy::coherence
