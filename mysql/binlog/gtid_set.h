// Sets of GTIDs: MySQL's intervals by UUID and tag; MariaDB's position, the last GTID of each domain.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cache/base/result.h"
#include "mysql/binlog/gtid.h"

namespace sabil::mysql::binlog {

// Thread-safety: const functions from any thread.
class MysqlGtidSet {
  public:
    // First and last number, both inside.
    struct Interval {
        std::uint64_t first = 0;
        std::uint64_t last = 0;
        bool operator==(const Interval&) const = default;
    };
    using Source = std::pair<Uuid, std::string>;  // uuid, tag
    static constexpr std::size_t intervals_count_max = 1U << 20;

    // "uuid:1-5:7,uuid:tag:1-3", white space anywhere between. Errors: invalid, naming the part; out_of_range past the
    // limit.
    static Result<MysqlGtidSet> parse(std::string_view text);
    // The form that PREVIOUS_GTIDS and COM_BINLOG_DUMP_GTID carry, tagged or not. Errors: protocol.
    static Result<MysqlGtidSet> decode(std::string_view bytes);
    std::string encode() const;  // untagged form where no tag is used
    std::string to_string() const;

    void add(const MysqlGtid& gtid);
    void add(const Source& source, Interval interval);
    void add(const MysqlGtidSet& other);
    bool contains(const MysqlGtid& gtid) const noexcept;
    bool contains(const MysqlGtidSet& other) const noexcept;
    bool empty() const noexcept { return intervals_.empty(); }
    void clear() noexcept { intervals_.clear(); }
    bool operator==(const MysqlGtidSet&) const = default;
    const std::map<Source, std::vector<Interval>>& intervals() const noexcept { return intervals_; }

  private:
    std::map<Source, std::vector<Interval>> intervals_;  // ascending, apart by at least one number
};

// Thread-safety: const functions from any thread.
class MariadbGtidPosition {
  public:
    static constexpr std::size_t domains_count_max = 65536;

    // "0-1-5,1-3-9"; the last of a domain counts. Errors: invalid.
    static Result<MariadbGtidPosition> parse(std::string_view text);
    std::string to_string() const;  // ordered by domain

    void set(const MariadbGtid& gtid);
    // Within a domain sequence numbers grow in binlog order (gtid_strict_mode or not broken by hand).
    bool contains(const MariadbGtid& gtid) const noexcept;
    bool contains(const MariadbGtidPosition& other) const noexcept;
    bool empty() const noexcept { return domains_.empty(); }
    void clear() noexcept { domains_.clear(); }
    bool operator==(const MariadbGtidPosition&) const = default;
    const std::map<std::uint32_t, MariadbGtid>& domains() const noexcept { return domains_; }

  private:
    std::map<std::uint32_t, MariadbGtid> domains_;
};

}  // namespace sabil::mysql::binlog
