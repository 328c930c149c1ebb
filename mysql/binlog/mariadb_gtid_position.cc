#include "mysql/binlog/gtid_set.h"

namespace sabil::mysql::binlog {

Result<MariadbGtidPosition> MariadbGtidPosition::parse(std::string_view text) {
    MariadbGtidPosition position;
    while (!text.empty()) {
        const auto comma = text.find(',');
        auto part = text.substr(0, comma);
        text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
        while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
        if (part.empty()) continue;
        auto gtid = MariadbGtid::parse(part);
        if (!gtid) return tl::unexpected(gtid.error());
        position.set(*gtid);
        if (position.domains_.size() > domains_count_max) {
            return fail(ErrorCode::out_of_range, "a GTID position has too many domains");
        }
    }
    return position;
}

std::string MariadbGtidPosition::to_string() const {
    std::string out;
    for (const auto& [domain, gtid] : domains_) {
        if (!out.empty()) out += ',';
        out += gtid.to_string();
    }
    return out;
}

void MariadbGtidPosition::set(const MariadbGtid& gtid) {
    domains_[gtid.domain] = gtid;
}

bool MariadbGtidPosition::contains(const MariadbGtid& gtid) const noexcept {
    const auto at = domains_.find(gtid.domain);
    return at != domains_.end() && gtid.sequence <= at->second.sequence;
}

bool MariadbGtidPosition::contains(const MariadbGtidPosition& other) const noexcept {
    for (const auto& [domain, gtid] : other.domains_) {
        if (!contains(gtid)) return false;
    }
    return true;
}

}  // namespace sabil::mysql::binlog
