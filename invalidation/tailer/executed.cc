#include "invalidation/tailer/executed.h"

#include <algorithm>

namespace sabil::invalidation {

namespace {
using mysql::binlog::BinlogPosition;
using mysql::binlog::MariadbGtid;
using mysql::binlog::MariadbGtidPosition;
using mysql::binlog::MysqlGtid;
using mysql::binlog::MysqlGtidSet;
}  // namespace

void Executed::reset(Visible base, MariadbGtidPosition gtids, SteadyTime probe_sent) {
    std::lock_guard lock(mutex_);
    by_set_ = std::holds_alternative<MysqlGtidSet>(base);
    gtid_set_ = by_set_ ? std::get<MysqlGtidSet>(base) : MysqlGtidSet{};
    file_position_ = by_set_ ? BinlogPosition{} : std::get<BinlogPosition>(base);
    gtid_position_ = std::move(gtids);
    newest_seen_ = std::move(base);
    unsettled_.clear();
    probes_.clear();
    watermark_ = 0;
    horizon_ = probe_sent;
}

void Executed::applied(Sequence n, const GroupMark& mark) {
    Unsettled group{n, {}, mark.end};
    {
        std::lock_guard lock(mutex_);
        if (const auto* gtid = std::get_if<MysqlGtid>(&mark.gtid)) {
            gtid_set_.add(*gtid);
            group.gtids.add(*gtid);
        }
        if (const auto* gtid = std::get_if<MariadbGtid>(&mark.gtid)) gtid_position_.set(*gtid);
        if (!mark.end.file.empty()) file_position_ = mark.end;
    }
    if (unsettled_.size() < unsettled_count_max) {
        unsettled_.push_back(std::move(group));
    } else {
        auto& last = unsettled_.back();
        last.n = n;
        last.gtids.add(group.gtids);
        last.end = std::move(group.end);
    }
    settle();
}

void Executed::passed(const BinlogPosition& position) {
    if (by_set_ || position.file.empty()) return;
    {
        std::lock_guard lock(mutex_);
        if (position <= file_position_) return;
        file_position_ = position;
    }
    settle();
}

void Executed::applied_local(Sequence n) {
    if (unsettled_.empty()) {
        watermark_ = std::max(watermark_, n);
    } else {
        unsettled_.back().n = n;  // with the group before it
    }
}

void Executed::probed(Visible seen, SteadyTime sent) {
    newest_seen_ = seen;
    if (probes_.size() >= probes_count_max) probes_.pop_back();
    probes_.push_back({std::move(seen), sent});
    settle();
}

bool Executed::is_visible(const Unsettled& group) const {
    if (by_set_) return std::get<MysqlGtidSet>(newest_seen_).contains(group.gtids);
    return group.end <= std::get<BinlogPosition>(newest_seen_);
}

bool Executed::within_applied(const Visible& seen) const {
    if (by_set_) return gtid_set_.contains(std::get<MysqlGtidSet>(seen));
    return std::get<BinlogPosition>(seen) <= file_position_;
}

void Executed::settle() {
    while (!unsettled_.empty() && is_visible(unsettled_.front())) {
        watermark_ = unsettled_.front().n;
        unsettled_.pop_front();
    }
    while (!probes_.empty() && within_applied(probes_.front().seen)) {
        horizon_ = std::max(horizon_, probes_.front().sent);
        probes_.pop_front();
    }
}

bool Executed::contains(std::string_view gtid) const {
    if (auto set = MysqlGtidSet::parse(gtid); set && !set->empty()) {
        std::lock_guard lock(mutex_);
        return gtid_set_.contains(*set);
    }
    auto one = MariadbGtid::parse(gtid);
    if (!one) return false;
    std::lock_guard lock(mutex_);
    return gtid_position_.contains(*one);
}

std::string Executed::position() const {
    std::lock_guard lock(mutex_);
    return by_set_ ? gtid_set_.to_string() : file_position_.to_string();
}

MariadbGtidPosition Executed::gtids() const {
    std::lock_guard lock(mutex_);
    return gtid_position_;
}

Visible Executed::resume_at() const {
    std::lock_guard lock(mutex_);
    if (by_set_) return gtid_set_;
    return file_position_;
}

}  // namespace sabil::invalidation
