#include <algorithm>
#include <charconv>

#include "cache/base/bytes.h"
#include "mysql/binlog/gtid_set.h"
#include "mysql/binlog/serialization.h"

namespace sabil::mysql::binlog {

namespace {

constexpr std::uint64_t number_max = (std::uint64_t{1} << 63) - 2;
constexpr std::uint8_t tagged_format = 1;

std::string_view trim(std::string_view text) noexcept {
    constexpr std::string_view blank = " \t\r\n";
    const auto begin = text.find_first_not_of(blank);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

std::string_view take_part(std::string_view& rest, char end) noexcept {
    const auto at = rest.find(end);
    const auto part = rest.substr(0, at);
    rest = at == std::string_view::npos ? std::string_view{} : rest.substr(at + 1);
    return trim(part);
}

bool read_number(std::string_view text, std::uint64_t& out) noexcept {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size() && out >= 1 && out <= number_max;
}

bool read_interval(std::string_view text, MysqlGtidSet::Interval& out) noexcept {
    const auto dash = text.find('-');
    if (!read_number(trim(text.substr(0, dash)), out.first)) return false;
    if (dash == std::string_view::npos) {
        out.last = out.first;
        return true;
    }
    return read_number(trim(text.substr(dash + 1)), out.last) && out.last >= out.first;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (auto& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return out;
}

// 1 to 32 of [a-z0-9_], no digit in front.
bool is_tag(std::string_view text) noexcept {
    if (text.empty() || text.size() > 32 || (text.front() >= '0' && text.front() <= '9')) return false;
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace

Result<MysqlGtidSet> MysqlGtidSet::parse(std::string_view text) {
    MysqlGtidSet set;
    std::size_t count = 0;
    auto rest = text;
    while (!rest.empty()) {
        auto source_text = take_part(rest, ',');
        if (source_text.empty()) continue;
        auto uuid = Uuid::parse(take_part(source_text, ':'));
        if (!uuid) return tl::unexpected(uuid.error());
        Source source{*uuid, {}};
        while (!source_text.empty()) {
            const auto part = take_part(source_text, ':');
            if (auto tag = lower(part); is_tag(tag)) {
                source.second = std::move(tag);
                continue;
            }
            Interval interval;
            if (!read_interval(part, interval)) {
                return fail(ErrorCode::invalid,
                            "'" + std::string(part.substr(0, 100)) + "' is not an interval of a GTID set");
            }
            if (++count > intervals_count_max)
                return fail(ErrorCode::out_of_range, "a GTID set has too many intervals");
            set.add(source, interval);
        }
    }
    return set;
}

// Untagged: u64 count, then for each 16 bytes UUID, u64 count of intervals, u64 first, u64 last + 1. Tagged: the count
// has the format's number in its lowest and its highest byte, and a serialised tag stands behind each UUID.
Result<MysqlGtidSet> MysqlGtidSet::decode(std::string_view bytes) {
    MysqlGtidSet set;
    ByteReader in(bytes);
    const auto head = in.u64();
    const bool tagged = head >> 56 == tagged_format;
    const auto sources = tagged ? (head >> 8) & 0xffffffffffffULL : head;
    std::size_t count = 0;
    for (std::uint64_t s = 0; s < sources && in.ok(); ++s) {
        Source source;
        const auto uuid = in.take(16);
        std::copy(uuid.begin(), uuid.end(), source.first.bytes.begin());
        if (tagged) source.second = in.take(static_cast<std::size_t>(read_serialized_unsigned(in)));
        if (in.ok() && !source.second.empty() && !is_tag(source.second)) {
            return fail(ErrorCode::protocol, "a GTID set's tag does not fit");
        }
        const auto intervals = in.u64();
        for (std::uint64_t i = 0; i < intervals && in.ok(); ++i) {
            const auto first = in.u64();
            const auto end = in.u64();
            if (!in.ok() || first == 0 || end <= first || end > number_max + 1) {
                return fail(ErrorCode::protocol, "a GTID set's interval does not fit");
            }
            if (++count > intervals_count_max)
                return fail(ErrorCode::out_of_range, "a GTID set has too many intervals");
            set.add(source, {first, end - 1});
        }
    }
    if (!in.ok() || !in.at_end()) return fail(ErrorCode::protocol, "a GTID set does not fit its length");
    return set;
}

std::string MysqlGtidSet::encode() const {
    const bool tagged =
        std::any_of(intervals_.begin(), intervals_.end(), [](const auto& s) { return !s.first.second.empty(); });
    std::string out;
    ByteWriter w(out);
    const std::uint64_t sources = intervals_.size();
    const std::uint64_t format = tagged_format;
    w.u64(tagged ? format | sources << 8 | format << 56 : sources);
    for (const auto& [source, intervals] : intervals_) {
        for (auto byte : source.first.bytes) w.u8(byte);
        if (tagged) {
            write_serialized_unsigned(w, source.second.size());
            w.bytes(source.second);
        }
        w.u64(intervals.size());
        for (const auto& interval : intervals) {
            w.u64(interval.first);
            w.u64(interval.last + 1);
        }
    }
    return out;
}

std::string MysqlGtidSet::to_string() const {
    std::string out;
    const Source* last = nullptr;
    for (const auto& [source, intervals] : intervals_) {
        if (last == nullptr || last->first != source.first) {
            if (last != nullptr) out += ',';
            out += source.first.to_string();
        }
        if (!source.second.empty()) out += ":" + source.second;
        for (const auto& interval : intervals) {
            out += ":" + std::to_string(interval.first);
            if (interval.last != interval.first) out += "-" + std::to_string(interval.last);
        }
        last = &source;
    }
    return out;
}

void MysqlGtidSet::add(const MysqlGtid& gtid) {
    add({gtid.uuid, gtid.tag}, {gtid.number, gtid.number});
}

void MysqlGtidSet::add(const Source& source, Interval added) {
    if (added.first == 0 || added.last < added.first) return;
    auto& intervals = intervals_[source];
    // The usual case: the next number of the last interval.
    if (!intervals.empty() && added.first == intervals.back().last + 1) {
        intervals.back().last = added.last;
        return;
    }
    auto begin = std::lower_bound(intervals.begin(), intervals.end(), added.first,
                                  [](const Interval& i, std::uint64_t first) { return i.last + 1 < first; });
    auto end = begin;
    while (end != intervals.end() && end->first <= added.last + 1) {
        added.first = std::min(added.first, end->first);
        added.last = std::max(added.last, end->last);
        ++end;
    }
    intervals.insert(intervals.erase(begin, end), added);
}

void MysqlGtidSet::add(const MysqlGtidSet& other) {
    for (const auto& [source, intervals] : other.intervals_) {
        for (const auto& interval : intervals) add(source, interval);
    }
}

namespace {

bool covers(const std::vector<MysqlGtidSet::Interval>& intervals, MysqlGtidSet::Interval wanted) noexcept {
    const auto at = std::lower_bound(intervals.begin(), intervals.end(), wanted.first,
                                     [](const auto& i, std::uint64_t first) { return i.last < first; });
    return at != intervals.end() && at->first <= wanted.first && wanted.last <= at->last;
}

}  // namespace

bool MysqlGtidSet::contains(const MysqlGtid& gtid) const noexcept {
    const auto at = intervals_.find({gtid.uuid, gtid.tag});
    return at != intervals_.end() && covers(at->second, {gtid.number, gtid.number});
}

bool MysqlGtidSet::contains(const MysqlGtidSet& other) const noexcept {
    for (const auto& [source, intervals] : other.intervals_) {
        const auto at = intervals_.find(source);
        if (at == intervals_.end()) return false;
        for (const auto& interval : intervals) {
            if (!covers(at->second, interval)) return false;
        }
    }
    return true;
}

}  // namespace sabil::mysql::binlog
