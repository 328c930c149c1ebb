#include "mysql/binlog/dump_client.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "mysql/binlog/dump_request.h"
#include "mysql/binlog/probe.h"
#include "mysql/client/connection.h"

namespace sabil::mysql::binlog {

namespace {

constexpr std::uint16_t binlog_refused = 1236;
constexpr std::size_t answer_bytes_max = 64U << 10;
constexpr char event_marker = 0x00;

// A server refuses a replica that lacks the privilege as it refuses a login.
Error explained(Error error, bool logged_in) {
    if (error.code == ErrorCode::denied && logged_in && error.number != 0) {
        error.message +=
            "; GRANT REPLICATION SLAVE, REPLICATION CLIENT (BINLOG MONITOR on MariaDB) to the account of [mysql]";
    }
    if (error.number == binlog_refused) error.message = "the server refused to send its binlog: " + error.message;
    return error;
}

}  // namespace

class DumpClient::Impl : public std::enable_shared_from_this<Impl> {
  public:
    Impl(asio::io_context& io, DumpOptions options, BinlogHandler& handler)
        : options_(std::move(options)), handler_(handler), connection_(io) {}

    void start(DumpStart from, OnConnected on_connected, OnLost on_lost);
    void stop() { connection_.close(); }
    void set_replica_id(std::uint32_t replica_id) noexcept { options_.replica_id = replica_id; }
    // The owner is gone: nothing may be called any more.
    void abandon() {
        on_lost_ = nullptr;
        abandoned_ = true;
        connection_.close();
    }
    bool running() const noexcept { return on_lost_ != nullptr; }

  private:
    template <class Value, class Next>
    auto guarded(Next next) {
        return [self = shared_from_this(), next = std::move(next)](Result<Value> result) {
            if (self->abandoned_) return;
            if (!result) return self->lost(result.error());
            if constexpr (std::is_void_v<Value>) {
                next();
            } else {
                next(std::move(*result));
            }
        };
    }
    void identify();
    void prepare(const ServerIdentity& identity);
    std::string session_settings(const ServerIdentity& identity) const;
    void register_replica();
    void dump();
    std::string dump_request() const;
    bool on_packet(std::string_view payload);
    void lost(Error error);

    DumpOptions options_;
    BinlogHandler& handler_;
    Connection connection_;
    DumpStart from_;
    OnConnected on_connected_;
    OnLost on_lost_;
    bool abandoned_ = false;
    std::unique_ptr<EventDecoder> decoder_;
    std::optional<Error> decode_error_;
};

void DumpClient::Impl::start(DumpStart from, OnConnected on_connected, OnLost on_lost) {
    if (running()) lost({ErrorCode::unavailable, "the dump was started anew"});
    from_ = std::move(from);
    on_connected_ = std::move(on_connected);
    on_lost_ = std::move(on_lost);
    decode_error_.reset();
    connection_.async_connect(options_.connect, guarded<void>([this] { identify(); }));
}

void DumpClient::Impl::identify() {
    read_server_identity(connection_, options_.connect.connect_limit,
                         guarded<ServerIdentity>([this](const ServerIdentity& identity) { prepare(identity); }));
}

void DumpClient::Impl::prepare(const ServerIdentity& identity) {
    if (on_connected_) {
        if (auto allowed = on_connected_(identity); !allowed) return lost(allowed.error());
        if (abandoned_ || !running()) return;
    }
    connection_.async_query(session_settings(identity), options_.connect.connect_limit, answer_bytes_max,
                            guarded<QueryResult>([this](const QueryResult& result) {
                                auto decoder = options_.decoder;
                                decoder.checksums = result.at(0, 0).value_or("NONE") == "CRC32";
                                decoder_ = std::make_unique<EventDecoder>(decoder);
                                register_replica();
                            }));
}

std::string DumpClient::Impl::session_settings(const ServerIdentity& identity) const {
    const auto period = std::to_string(std::chrono::nanoseconds(options_.heartbeat_period).count());
    std::string set =
        "SET @master_heartbeat_period = " + period + ", @master_binlog_checksum = @@global.binlog_checksum";
    if (identity.kind == ServerKind::mariadb) {
        set += ", @mariadb_slave_capability = 4";
        if (const auto* position = std::get_if<MariadbGtidPosition>(&from_)) {
            set += ", @slave_connect_state = '" + position->to_string() +
                   "', @slave_gtid_strict_mode = 0, @slave_gtid_ignore_duplicates = 0";
        }
    } else {
        set +=
            ", @source_heartbeat_period = " + period +
            ", @source_binlog_checksum = @@global.binlog_checksum, @slave_uuid = UUID(), @replica_uuid = @slave_uuid";
    }
    return set + "; SELECT @@global.binlog_checksum";
}

void DumpClient::Impl::register_replica() {
    connection_.async_command(register_replica_request(options_.replica_id), options_.connect.connect_limit,
                              guarded<void>([this] { dump(); }));
}

std::string DumpClient::Impl::dump_request() const {
    if (const auto* executed = std::get_if<MysqlGtidSet>(&from_)) {
        return binlog_dump_gtid_request(options_.replica_id, *executed);
    }
    if (const auto* position = std::get_if<BinlogPosition>(&from_)) {
        return binlog_dump_request(options_.replica_id, *position);
    }
    return binlog_dump_request(options_.replica_id, {"", 4});
}

void DumpClient::Impl::dump() {
    const auto* position = std::get_if<BinlogPosition>(&from_);
    if (position != nullptr && position->offset > std::numeric_limits<std::uint32_t>::max()) {
        return lost({ErrorCode::out_of_range, "the binlog position " + position->to_string() +
                                                  " is beyond 4 GiB, where only a GTID can start a dump"});
    }
    auto self = shared_from_this();
    connection_.async_stream(
        dump_request(), options_.silence_limit, options_.event_bytes_max,
        [self](std::string_view payload) { return self->on_packet(payload); },
        [self](Error why) {
            if (self->abandoned_) return;
            self->lost(self->decode_error_ ? *std::exchange(self->decode_error_, std::nullopt) : std::move(why));
        });
}

bool DumpClient::Impl::on_packet(std::string_view payload) {
    if (abandoned_ || !running()) return false;
    if (payload.empty() || payload.front() != event_marker) {
        decode_error_ = Error{ErrorCode::protocol, "the server's dump holds a packet that is no event"};
        return false;
    }
    if (auto decoded = decoder_->decode(payload.substr(1), handler_); !decoded) {
        decode_error_ = decoded.error();
        return false;
    }
    return true;
}

void DumpClient::Impl::lost(Error error) {
    const bool logged_in = connection_.open();
    connection_.close();
    if (auto call = std::exchange(on_lost_, nullptr)) call(explained(std::move(error), logged_in));
}

DumpClient::DumpClient(asio::io_context& io, DumpOptions options, BinlogHandler& handler)
    : impl_(std::make_shared<Impl>(io, std::move(options), handler)) {}
DumpClient::~DumpClient() {
    impl_->abandon();
}

void DumpClient::start(DumpStart from, OnConnected on_connected, OnLost on_lost) {
    impl_->start(std::move(from), std::move(on_connected), std::move(on_lost));
}
void DumpClient::stop() {
    impl_->stop();
}
bool DumpClient::running() const noexcept {
    return impl_->running();
}
void DumpClient::set_replica_id(std::uint32_t replica_id) noexcept {
    impl_->set_replica_id(replica_id);
}

bool is_ousted(const Error& error) noexcept {
    constexpr std::uint16_t mariadb_same_id = 4052;
    return error.number == mariadb_same_id ||
           (error.number == binlog_refused && error.message.find("same server_uuid/server_id") != std::string::npos);
}

}  // namespace sabil::mysql::binlog
