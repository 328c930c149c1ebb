// What each counter was worth at A, by a binlog reader of its own: it shares the decoder with the engine, not the
// tailer, the schema or the ledger. A group counts here only once the engine says that it has applied it, so a value
// here is never newer than A.
#pragma once

#include <array>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "mysql/binlog/dump_client.h"
#include "mysql/binlog/probe.h"
#include "proxy/coherence/coherence.h"

namespace sabil::coherence_test {

constexpr unsigned counters_count = 64;
constexpr unsigned groups_count = 8;  // counter i is in group i % groups_count
constexpr unsigned parents_count = 16;  // whose keys grow, and their children's with them

class Truth final : private mysql::binlog::BinlogHandler {
  public:
    Truth(mysql::binlog::DumpOptions options, proxy::Coherence& coherence);
    ~Truth() override;

    // From the binlog's end as it is; after a loss it starts there again, and values stay what they were.
    void start();
    void stop();

    std::uint64_t counter(unsigned id) const noexcept { return counters_.at(id).load(std::memory_order_acquire); }
    std::uint64_t group(unsigned group) const noexcept { return groups_.at(group).load(std::memory_order_acquire); }
    std::uint64_t parent(unsigned id) const noexcept { return parents_.at(id).load(std::memory_order_acquire); }
    // Of the counters first..last.
    std::uint64_t range(unsigned first, unsigned last) const noexcept {
        std::uint64_t sum = 0;
        for (unsigned id = first; id <= last; ++id) sum += counter(id);
        return sum;
    }
    std::uint64_t all() const noexcept { return all_.load(std::memory_order_acquire); }
    std::uint64_t changes() const noexcept { return changes_.load(std::memory_order_relaxed); }
    // Lets groups in that the engine has applied meanwhile.
    void admit();

  private:
    struct Change {
        unsigned id = 0;
        std::uint64_t value = 0;
        bool of_parent = false;
    };
    struct Group {
        std::string gtid;
        std::vector<Change> changes;
    };
    void on_mysql_gtid(const mysql::binlog::EventHeader&, const mysql::binlog::MysqlGtidEvent& event) override;
    void on_mariadb_gtid(const mysql::binlog::EventHeader&, const mysql::binlog::MariadbGtidEvent& event) override;
    void on_rows(const mysql::binlog::EventHeader&, const mysql::binlog::RowsEvent& event) override;
    void on_xid(const mysql::binlog::EventHeader&, const mysql::binlog::XidEvent&) override;
    void on_incident(const mysql::binlog::EventHeader&, const mysql::binlog::IncidentEvent&) override {}
    void on_unknown(const mysql::binlog::EventHeader&, std::string_view) override {}
    void raise(Change change);
    void ask_end();
    void begin(const mysql::binlog::BinlogEnd& end);
    void again();

    proxy::Coherence& coherence_;
    mysql::ConnectOptions connect_;
    asio::io_context io_{1};
    mysql::binlog::DumpClient dump_;
    std::unique_ptr<mysql::Connection> connection_;
    asio::steady_timer timer_{io_};
    bool stopping_ = false;
    std::thread thread_;
    Group group_;

    std::mutex mutex_;
    std::deque<Group> waiting_;
    std::array<std::atomic<std::uint64_t>, counters_count> counters_{};
    std::array<std::atomic<std::uint64_t>, groups_count> groups_{};
    std::array<std::atomic<std::uint64_t>, parents_count> parents_{};
    std::atomic<std::uint64_t> all_{0};
    std::atomic<std::uint64_t> changes_{0};
};

}  // namespace sabil::coherence_test
