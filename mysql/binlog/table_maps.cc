#include "mysql/binlog/table_maps.h"

#include "cache/base/bytes.h"

namespace sabil::mysql::binlog {

namespace {

std::size_t heap_bytes(const TableMap& map, std::size_t body_bytes) {
    auto bytes = sizeof(TableMap) + body_bytes + map.columns.capacity() * sizeof(TableColumn);
    for (const auto& column : map.columns) {
        bytes += column.name.capacity() + column.members.capacity() * sizeof(std::string);
        for (const auto& member : column.members) bytes += member.capacity();
    }
    return bytes;
}

}  // namespace

Result<const TableMap*> TableMaps::announce(std::string_view body, bool mariadb) {
    const auto number = ByteReader(body).u48();
    if (const auto known = entries_.find(number); known != entries_.end()) {
        if (known->second.body == body) {
            known->second.statement = statement_;
            return &known->second.map;
        }
        bytes_ -= known->second.bytes;
        entries_.erase(known);
    }
    auto map = parse_table_map(body, mariadb);
    if (!map) return tl::unexpected(map.error());
    const auto bytes = heap_bytes(*map, body.size());
    make_room(bytes);
    if (entries_.size() >= count_max_ || bytes > bytes_max_ - std::min(bytes_max_, bytes_)) {
        return fail(ErrorCode::out_of_range, "one statement maps more tables than " + std::to_string(count_max_) +
                                                 ", or " + std::to_string(bytes_max_) + " bytes of them");
    }
    auto& entry = entries_[number];
    entry = {std::string(body), std::move(*map), statement_, bytes};
    bytes_ += bytes;
    return &entry.map;
}

// Drops the maps of earlier statements where the limits would be passed.
void TableMaps::make_room(std::size_t bytes) {
    if (entries_.size() < count_max_ && bytes <= bytes_max_ - std::min(bytes_max_, bytes_)) return;
    for (auto it = entries_.begin(); it != entries_.end();) {
        if (it->second.statement == statement_) {
            ++it;
            continue;
        }
        bytes_ -= it->second.bytes;
        it = entries_.erase(it);
    }
}

const TableMap* TableMaps::find(std::uint64_t number) const noexcept {
    const auto at = entries_.find(number);
    return at != entries_.end() && at->second.statement == statement_ ? &at->second.map : nullptr;
}

void TableMaps::clear() noexcept {
    entries_.clear();
    bytes_ = 0;
}

}  // namespace sabil::mysql::binlog
