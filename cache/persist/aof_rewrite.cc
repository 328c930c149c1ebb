#include "cache/persist/aof_rewrite.h"

#include "cache/persist/aof_commands.h"
#include "cache/persist/rdb_value.h"
#include "cache/store/database.h"

namespace sabil::cache {
namespace {

void write_string(const Entry& entry, AofCommands& to) {
    DecimalBuffer scratch;
    to.add({"SET", entry.key(), entry.string().text(scratch)});
}

void write_list(const Entry& entry, AofCommands& to) {
    to.begin("RPUSH", entry.key());
    entry.get<List>()->for_each([&](ElementView element) {
        to.word(element);
        to.item_done();
        return true;
    });
    to.end();
}

void write_set(const Entry& entry, AofCommands& to) {
    to.begin("SADD", entry.key());
    entry.get<Set>()->for_each([&](ElementView member) {
        to.word(member);
        to.item_done();
        return true;
    });
    to.end();
}

void write_zset(const Entry& entry, AofCommands& to) {
    to.begin("ZADD", entry.key());
    entry.get<ZSet>()->for_each([&](ElementView member, double score) {
        to.word(format_double(score));
        to.word(member);
        to.item_done();
        return true;
    });
    to.end();
}

void write_hash(const Entry& entry, AofCommands& to) {
    const auto& hash = *entry.get<Hash>();
    to.begin("HSET", entry.key());
    hash.for_each([&](ElementView field, ElementView value) {
        to.word(field);
        to.word(value);
        to.item_done();
    });
    to.end();
    if (!hash.has_field_expiry()) return;
    hash.for_each([&](ElementView field, ElementView) {
        DecimalBuffer scratch;
        const auto name = field.text(scratch);
        const auto at = hash.expiry(name);
        if (!at) return;
        to.add({"HPEXPIREAT", entry.key(), std::to_string(at->time_since_epoch().count()), "FIELDS", "1", name});
    });
}

void write_stream(const Entry& entry, AofCommands& to) {
    rewrite_stream(entry.key(), **entry.get<Stream>(), to);
}

struct Writer {
    ValueType type;
    void (*write)(const Entry& entry, AofCommands& to);
};

constexpr Writer writers[] = {
    {ValueType::string, write_string}, {ValueType::list, write_list}, {ValueType::set, write_set},
    {ValueType::zset, write_zset},     {ValueType::hash, write_hash}, {ValueType::stream, write_stream},
};

void write_entry(const Entry& entry, AofCommands& to) {
    for (const auto& writer : writers) {
        if (writer.type == entry.type()) writer.write(entry, to);
    }
    if (const auto at = entry.expiry()) {
        to.add({"PEXPIREAT", entry.key(), std::to_string(at->time_since_epoch().count())});
    }
}

}  // namespace

Result<void> rewrite_as_commands(Keyspace& keyspace, const AofRewriteOptions& options, ByteSink& sink) {
    AofCommands to(sink);
    std::uint64_t keys = 0;
    for (const auto& code : options.libraries) to.add({"FUNCTION", "LOAD", code});
    for (unsigned database = 0; database < keyspace.databases_count(); ++database) {
        bool selected = false;
        Database(keyspace, database, true).for_each([&](const KeyRef&, const Entry& entry) {
            if (entry.filled() || !has_rdb_form(entry) || !to.ok()) return;
            if (!selected) to.add({"SELECT", std::to_string(database)});
            selected = true;
            write_entry(entry, to);
            if (++keys % options.keys_per_progress == 0 && options.progress) options.progress(keys);
        });
    }
    to.settle(0);
    if (to.error()) return tl::unexpected(*to.error());
    return {};
}

}  // namespace sabil::cache
