// Which groups were applied, which of them are known to be visible on the server (W), and how fresh that knowledge is
// (H). A probe tells what was visible when the server answered it; it counts for H once all of it is within A.
//
// Thread-safety: contains() and position() from any thread; the rest from the tailer's.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "cache/base/clock.h"
#include "invalidation/dependency.h"
#include "mysql/binlog/gtid_set.h"
#include "mysql/binlog/position.h"

namespace sabil::invalidation {

// A group's name on the server, and where it ends.
struct GroupMark {
    std::variant<std::monostate, mysql::binlog::MysqlGtid, mysql::binlog::MariadbGtid> gtid;
    mysql::binlog::BinlogPosition end;
};

// What a probe saw: a set (MySQL with GTIDs) or a position (MariaDB).
using Visible = std::variant<mysql::binlog::MysqlGtidSet, mysql::binlog::BinlogPosition>;

class Executed {
  public:
    // An epoch's start: all before it is applied and visible. gtids: MariaDB's position by domain, for contains() only.
    void reset(Visible base, mysql::binlog::MariadbGtidPosition gtids, SteadyTime probe_sent);

    void applied(Sequence n, const GroupMark& mark);
    // Everything before this position was read, and no group is under way: a rotated file at rest has no group at its
    // end. Nothing where groups are told by a set.
    void passed(const mysql::binlog::BinlogPosition& position);
    // A group of our own (a purge): visible as soon as all before it is.
    void applied_local(Sequence n);
    // A probe's answer. Answers that are not within A yet wait, at most probes_count_max of them.
    void probed(Visible seen, SteadyTime sent);

    // The largest n such that all groups <= n are known to be visible.
    Sequence watermark() const noexcept { return watermark_; }
    // The send time of the newest probe whose content is within A.
    SteadyTime horizon() const noexcept { return horizon_; }
    // Is a probe's content still ahead of A? Then the tailer lags.
    bool behind() const noexcept { return !probes_.empty(); }
    // Groups applied and not known to be visible.
    bool unsettled() const noexcept { return !unsettled_.empty(); }

    // A GTID, or a set of them, as an OK packet told it. False where it cannot be read.
    bool contains(std::string_view gtid) const;
    // For status: the set or position applied.
    std::string position() const;
    // Where a dump goes on.
    Visible resume_at() const;
    // MariaDB: the last GTID applied of each domain.
    mysql::binlog::MariadbGtidPosition gtids() const;

    static constexpr std::size_t unsettled_count_max = 65536;  // more: neighbours are settled together
    static constexpr std::size_t probes_count_max = 16;        // more: the newest takes the last one's place

  private:
    struct Unsettled {
        Sequence n = 0;
        mysql::binlog::MysqlGtidSet gtids;  // of all groups that this stands for
        mysql::binlog::BinlogPosition end;  // of the last of them
    };
    struct Probe {
        Visible seen;
        SteadyTime sent;
    };
    bool is_visible(const Unsettled& group) const;
    bool within_applied(const Visible& seen) const;
    void settle();

    mutable std::mutex mutex_;  // of the three below, for readers on other threads
    mysql::binlog::MysqlGtidSet gtid_set_;
    mysql::binlog::MariadbGtidPosition gtid_position_;
    mysql::binlog::BinlogPosition file_position_;
    bool by_set_ = false;

    std::deque<Unsettled> unsettled_;
    std::deque<Probe> probes_;
    Visible newest_seen_;
    Sequence watermark_ = 0;
    SteadyTime horizon_{};
};

}  // namespace sabil::invalidation
