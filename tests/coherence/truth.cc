#include "tests/coherence/truth.h"

#include <asio/post.hpp>

#include "mysql/binlog/row_reader.h"

namespace sabil::coherence_test {

using mysql::binlog::RowReader;
using mysql::binlog::ValueKind;

Truth::Truth(mysql::binlog::DumpOptions options, proxy::Coherence& coherence)
    : coherence_(coherence), connect_(options.connect), dump_(io_, std::move(options), *this) {}

Truth::~Truth() {
    stop();
}

void Truth::start() {
    asio::post(io_, [this] { ask_end(); });
    thread_ = std::thread([this] { io_.run(); });
}

void Truth::stop() {
    if (!thread_.joinable()) return;
    asio::post(io_, [this] {
        stopping_ = true;
        dump_.stop();
        io_.stop();
    });
    thread_.join();
}

void Truth::ask_end() {
    connection_ = std::make_unique<mysql::Connection>(io_);
    connection_->async_connect(connect_, [this](Result<void> connected) {
        if (!connected) return again();
        mysql::binlog::read_binlog_end(*connection_, std::chrono::seconds(2), [this](auto end) {
            if (!end) return again();
            begin(*end);
        });
    });
}

void Truth::begin(const mysql::binlog::BinlogEnd& end) {
    connection_->close();
    {
        std::lock_guard lock(mutex_);
        waiting_.clear();
    }
    group_ = {};
    mysql::binlog::DumpStart from = end.position;
    if (coherence_.dialect() == invalidation::sql::Dialect::mysql) from = end.gtid_executed;
    dump_.start(
        std::move(from), [](const mysql::ServerIdentity&) { return Result<void>{}; },
        [this](const Error&) { again(); });
}

void Truth::again() {
    if (stopping_) return;
    timer_.expires_after(std::chrono::milliseconds(100));
    timer_.async_wait([this](std::error_code error) {
        if (!error && !stopping_) ask_end();
    });
}

void Truth::on_mysql_gtid(const mysql::binlog::EventHeader&, const mysql::binlog::MysqlGtidEvent& event) {
    group_ = {event.gtid.to_string(), {}};
}

void Truth::on_mariadb_gtid(const mysql::binlog::EventHeader&, const mysql::binlog::MariadbGtidEvent& event) {
    group_ = {event.gtid.to_string(), {}};
}

void Truth::on_rows(const mysql::binlog::EventHeader&, const mysql::binlog::RowsEvent& event) {
    bool of_parent = event.table->table == "parents";
    if ((event.table->table != "counters" && !of_parent) || !event.has_after()) return;
    const std::array<std::uint16_t, 2> id_and_value{0, static_cast<std::uint16_t>(of_parent ? 1 : 2)};
    RowReader reader(event, id_and_value);
    while (reader.next()) {
        auto id = reader.after()[0].present() ? reader.after()[0] : reader.before()[0];
        const auto& value = reader.after()[1];
        if (id.kind == ValueKind::absent || !value.present()) continue;
        group_.changes.push_back(
            {static_cast<unsigned>(id.integer), static_cast<std::uint64_t>(value.integer), of_parent});
    }
}

void Truth::on_xid(const mysql::binlog::EventHeader&, const mysql::binlog::XidEvent&) {
    if (group_.changes.empty()) return;
    {
        std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(group_));
    }
    group_ = {};
    admit();
}

void Truth::admit() {
    std::lock_guard lock(mutex_);
    while (!waiting_.empty() && coherence_.applied_contains(waiting_.front().gtid)) {
        for (auto change : waiting_.front().changes) raise(change);
        waiting_.pop_front();
    }
}

void Truth::raise(Change change) {
    if (change.of_parent) {
        if (change.id >= parents_count) return;
        auto& parent = parents_.at(change.id);
        if (change.value > parent.load(std::memory_order_relaxed)) parent.store(change.value, std::memory_order_release);
        return;
    }
    if (change.id >= counters_count) return;
    auto before = counters_.at(change.id).load(std::memory_order_relaxed);
    if (change.value <= before) return;
    counters_.at(change.id).store(change.value, std::memory_order_release);
    groups_.at(change.id % groups_count).fetch_add(change.value - before, std::memory_order_release);
    all_.fetch_add(change.value - before, std::memory_order_release);
    changes_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace sabil::coherence_test
