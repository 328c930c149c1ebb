// Streams:
//   count | (16-byte id, listpack)... | size | last id | [stream_2: first id | largest deleted id | entries added]
//   | groups | (name | last id | [stream_2: entries read]
//              | pending | (16-byte id | delivery time (8) | deliveries)...
//              | consumers | (name | seen time (8) | [stream_3: active time (8)] | pending | 16-byte ids...)...)...
// The id before a listpack, big-endian, is what its entries' ids are counted from. A listpack opens with
//   entries | deleted | fields | names | 0
// and an entry is
//   flags (1: deleted, 2: has the fields named above) | ms | sequence | [fields] | values, or names and values |
//   elements
#include <map>
#include <vector>

#include "cache/base/bytes.h"
#include "cache/persist/listpack.h"
#include "cache/persist/rdb_codecs.h"
#include "cache/types/stream_data.h"

namespace sabil::cache::rdb {
namespace {

constexpr std::int64_t flag_deleted = 1;
constexpr std::int64_t flag_same_fields = 2;
constexpr std::uint64_t unknown_reads = UINT64_MAX;

void save_raw_id(StreamId id, RdbEncoder& to) {
    to.big_endian(id.milliseconds, 8);
    to.big_endian(id.sequence, 8);
}

StreamId read_raw_id(std::string_view bytes) noexcept {
    ByteReader reader(bytes);
    const auto milliseconds = reader.uint_be(8);
    return {milliseconds, reader.uint_be(8)};
}

void save_id(StreamId id, RdbEncoder& to) {
    to.length(id.milliseconds);
    to.length(id.sequence);
}

StreamId load_id(RdbDecoder& from) {
    const auto milliseconds = from.length();
    return {milliseconds, from.length()};
}

using Texts = std::vector<std::string>;

Texts names_of(const StreamEntryView& entry) {
    Texts names;
    entry.for_each([&](ElementView field, ElementView) { names.push_back(field.str()); });
    return names;
}

void write_entry(const StreamEntryView& entry, StreamId base, const Texts& names, ListpackWriter& to) {
    const bool same = names_of(entry) == names;
    to.add_integer(same ? flag_same_fields : 0);
    to.add_integer(static_cast<std::int64_t>(entry.id().milliseconds - base.milliseconds));
    to.add_integer(static_cast<std::int64_t>(entry.id().sequence - base.sequence));
    const auto fields = static_cast<std::int64_t>(entry.fields());
    if (!same) to.add_integer(fields);
    entry.for_each([&](ElementView field, ElementView value) {
        if (!same) to.add(field);
        to.add(value);
    });
    to.add_integer(same ? fields + 3 : 2 * fields + 4);
}

void save_node(const StreamData& stream, StreamId first, StreamId last, std::size_t entries, RdbEncoder& to) {
    to.length(16);
    save_raw_id(first, to);
    ListpackWriter writer;
    Texts names;
    stream.for_range(first, last, [&](const StreamEntryView& entry) {
        if (writer.count() == 0) {
            names = names_of(entry);
            writer.add_integer(static_cast<std::int64_t>(entries));
            writer.add_integer(0);
            writer.add_integer(static_cast<std::int64_t>(names.size()));
            for (const auto& name : names) writer.add_text(name);
            writer.add_integer(0);
        }
        write_entry(entry, first, names, writer);
        return true;
    });
    to.blob(writer.finish());
    to.settle();
}

void save_group(const std::string& name, const StreamGroup& group, Type type, RdbEncoder& to) {
    to.blob(name);
    save_id(group.last_delivered, to);
    to.length(group.entries_read.value_or(unknown_reads));
    to.length(group.pending().size());
    for (const auto& [id, pending] : group.pending()) {
        save_raw_id(id, to);
        to.little_endian(static_cast<std::uint64_t>(pending.delivered.time_since_epoch().count()), 8);
        to.length(pending.deliveries);
        to.settle();
    }
    to.length(group.consumers().size());
    for (const auto& [consumer_name, consumer] : group.consumers()) {
        to.blob(consumer_name);
        to.little_endian(static_cast<std::uint64_t>(consumer.seen.time_since_epoch().count()), 8);
        if (type == Type::stream_3) {
            const auto active = consumer.active ? consumer.active->time_since_epoch().count() : -1;
            to.little_endian(static_cast<std::uint64_t>(active), 8);
        }
        to.length(consumer.pending.size());
        for (const auto& id : consumer.pending) save_raw_id(id, to);
    }
}

// Reads one listpack's entries into the stream; false where it is damaged.
bool load_node(StreamData& stream, StreamId base, std::string_view bytes, const RdbLoadRules& rules) {
    ListpackReader reader(bytes);
    (void)reader.next_integer();
    (void)reader.next_integer();
    const auto names_count = reader.next_integer();
    if (!reader.ok() || names_count < 0) return false;
    Texts names;
    for (std::int64_t i = 0; i < names_count && reader.ok(); ++i) names.push_back(reader.next().str());
    (void)reader.next_integer();
    while (!reader.at_end()) {
        const auto flags = reader.next_integer();
        const auto milliseconds = static_cast<std::uint64_t>(reader.next_integer());
        const auto sequence = static_cast<std::uint64_t>(reader.next_integer());
        const bool same = (flags & flag_same_fields) != 0;
        const auto fields = same ? names_count : reader.next_integer();
        Texts texts;
        for (std::int64_t i = 0; i < fields && reader.ok(); ++i) {
            texts.push_back(same ? names[static_cast<std::size_t>(i)] : reader.next().str());
            texts.push_back(reader.next().str());
        }
        (void)reader.next_integer();
        if (!reader.ok()) return false;
        if ((flags & flag_deleted) != 0) continue;
        const StreamId id{base.milliseconds + milliseconds, base.sequence + sequence};
        if (texts.empty() || id <= stream.last_id()) return false;
        stream.append(id, std::vector<std::string_view>(texts.begin(), texts.end()), rules.encodings);
    }
    return reader.ok();
}

struct Delivery {
    WallTime at;
    std::uint64_t count = 0;
};

WallTime load_time(RdbDecoder& from) {
    return WallTime(std::chrono::milliseconds(static_cast<std::int64_t>(from.little_endian(8))));
}

void load_consumer(StreamGroup& group, std::map<StreamId, Delivery>& pending, Type type, RdbDecoder& from) {
    const auto name = from.string();
    auto& consumer = group.consumer(name, load_time(from));
    if (type == Type::stream_3) {
        const auto active = load_time(from);
        if (active >= WallTime{}) consumer.active = active;
    } else {
        consumer.active = consumer.seen;
    }
    for (auto left = from.length(); left > 0 && from.ok(); --left) {
        const auto id = read_raw_id(from.raw(16));
        const auto found = pending.find(id);
        if (found == pending.end()) {
            from.fail("a consumer holds an entry that its group does not");
            return;
        }
        group.assign(id, consumer, found->second.at, found->second.count);
        pending.erase(found);
    }
}

void load_group(StreamData& stream, Type type, RdbDecoder& from) {
    const auto name = from.string();
    const auto last = load_id(from);
    const auto read = type == Type::stream_1 ? unknown_reads : from.length();
    auto [at, added] =
        stream.groups().emplace(name, StreamGroup(last, read == unknown_reads ? std::nullopt : std::optional(read)));
    if (!added) from.fail("a stream has a group twice");
    std::map<StreamId, Delivery> pending;
    for (auto left = from.length(); left > 0 && from.ok(); --left) {
        const auto id = read_raw_id(from.raw(16));
        const auto delivered = load_time(from);
        pending[id] = {delivered, from.length()};
    }
    for (auto left = from.length(); left > 0 && from.ok(); --left) load_consumer(at->second, pending, type, from);
    if (from.ok() && !pending.empty()) from.fail("a group holds an entry that none of its consumers does");
}

// Older files do not tell how far a group has read; none of theirs tells of deletions within the stream either.
void guess_reads(StreamData& stream) {
    const auto first = stream.first_id();
    for (auto& [name, group] : stream.groups()) {
        const auto added = stream.entries_added();
        if (group.last_delivered == stream.last_id() || (!first && group.last_delivered < stream.last_id())) {
            group.entries_read = added;
        } else if (first && group.last_delivered <= *first) {
            group.entries_read = added - stream.size() + (group.last_delivered == *first ? 1 : 0);
        }
    }
}

}  // namespace

Type stream_type(const Entry&, unsigned version) {
    constexpr unsigned active_times_version = 11;
    return version >= active_times_version ? Type::stream_3 : Type::stream_2;
}

void save_stream(const Entry& entry, Type type, RdbEncoder& to) {
    const auto& stream = **entry.get<Stream>();
    to.length(stream.nodes_count());
    stream.for_each_node(
        [&](StreamId first, StreamId last, std::size_t entries) { save_node(stream, first, last, entries, to); });
    to.length(stream.size());
    save_id(stream.last_id(), to);
    save_id(stream.first_id().value_or(StreamId::min()), to);
    save_id(stream.max_deleted_id(), to);
    to.length(stream.entries_added());
    to.length(stream.groups().size());
    for (const auto& [name, group] : stream.groups()) save_group(name, group, type, to);
}

Value load_stream(Type type, RdbDecoder& from, const RdbLoadRules& rules) {
    Stream stream;
    for (auto left = from.length(); left > 0 && from.ok(); --left) {
        const auto base = from.string();
        const auto listpack = from.string();
        if (!from.ok()) break;
        if (base.size() != 16 || !load_node(*stream, read_raw_id(base), listpack, rules)) from.fail("a damaged stream");
    }
    const auto size = from.length();
    const auto last = load_id(from);
    StreamId max_deleted;
    auto added = size;
    if (type != Type::stream_1) {
        (void)load_id(from);
        max_deleted = load_id(from);
        added = from.length();
    }
    if (from.ok() && (size != stream->size() || last < stream->last_id())) from.fail("a stream's counts are wrong");
    stream->set_ids(last, max_deleted, added);
    for (auto left = from.length(); left > 0 && from.ok(); --left) load_group(*stream, type, from);
    if (type == Type::stream_1) guess_reads(*stream);
    return Value(std::move(stream));
}

}  // namespace sabil::cache::rdb
