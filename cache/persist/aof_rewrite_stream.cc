#include "cache/persist/aof_commands.h"

namespace sabil::cache {
namespace {

std::string milliseconds_text(WallTime at) {
    return std::to_string(at.time_since_epoch().count());
}

void write_entries(std::string_view key, const StreamData& stream, AofCommands& to) {
    stream.for_range(StreamId::min(), StreamId::max(), [&](const StreamEntryView& entry) {
        to.begin("XADD", key);
        to.word(entry.id().str());
        entry.for_each([&](ElementView field, ElementView value) {
            to.word(field);
            to.word(value);
        });
        to.item_done();
        to.end();
        return to.ok();
    });
}

void write_group(std::string_view key, const std::string& name, const StreamGroup& group, AofCommands& to) {
    const auto read = group.entries_read ? std::to_string(*group.entries_read) : std::string("-1");
    to.add({"XGROUP", "CREATE", key, name, group.last_delivered.str(), "ENTRIESREAD", read});
    for (const auto& [consumer_name, consumer] : group.consumers()) {
        to.add({"XGROUP", "CREATECONSUMER", key, name, consumer_name});
    }
    for (const auto& [id, pending] : group.pending()) {
        to.add({"XCLAIM", key, name, pending.consumer->name, "0", id.str(), "TIME",
                milliseconds_text(pending.delivered), "RETRYCOUNT", std::to_string(pending.deliveries), "JUSTID",
                "FORCE"});
    }
}

}  // namespace

void rewrite_stream(std::string_view key, const StreamData& stream, AofCommands& to) {
    if (stream.size() == 0) {
        // There is no empty stream by XADD: one entry comes and goes, and XSETID sets what it has left behind.
        to.add({"XADD", key, "MAXLEN", "0", "0-1", "x", "y"});
    } else {
        write_entries(key, stream, to);
    }
    to.add({"XSETID", key, stream.last_id().str(), "ENTRIESADDED", std::to_string(stream.entries_added()),
            "MAXDELETEDID", stream.max_deleted_id().str()});
    for (const auto& [name, group] : stream.groups()) write_group(key, name, group, to);
}

}  // namespace sabil::cache
