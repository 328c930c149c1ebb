#include "tests/cache/persist/dataset.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "cache/store/database.h"
#include "cache/store/lock_set.h"
#include "cache/types/stream_data.h"

namespace sabil::cache {
namespace {

using namespace std::chrono_literals;

std::string patterned(std::size_t size) {
    std::string out;
    for (std::size_t i = 0; out.size() < size; ++i) out += "line " + std::to_string(i * 7919 % 1'000) + ";";
    out.resize(size);
    return out;
}

std::string noise(std::size_t size) {
    std::string out(size, '\0');
    std::uint64_t state = 88172645463325252ULL;
    for (auto& c : out) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        c = static_cast<char>(state);
    }
    return out;
}

void strings(Database& db) {
    const std::pair<std::string, std::string> values[] = {{"s:empty", ""},
                                                          {"s:word", "word"},
                                                          {"s:zero", "0"},
                                                          {"s:int8", "-128"},
                                                          {"s:int16", "32767"},
                                                          {"s:int32", "-2147483648"},
                                                          {"s:int64", "9223372036854775807"},
                                                          {"s:not-int", "007"},
                                                          {"s:binary", std::string("\0\xff\r\n\x80", 5)},
                                                          {"s:repeated", std::string(10'000, 'r')},
                                                          {"s:text", patterned(5'000)},
                                                          {"s:noise", noise(20'000)},
                                                          {"s:large", patterned(300'000)},
                                                          {std::string("k\0\xff", 3), "odd key"}};
    for (const auto& [name, value] : values) db.set_string(KeyRef(name), value);
    db.set_string(KeyRef(std::string(300, 'k')), "long key");
}

void lists(Database& db) {
    auto push = [&](const char* name, std::string_view element) {
        db.find_or_create<List>(KeyRef(name))->push(ListEnd::back, element, db.encodings());
    };
    for (const char* element : {"a", "1", "-70000", "5000000000", ""}) push("l:small", element);
    for (int i = 0; i < 5'000; ++i) push("l:long", i % 3 == 0 ? std::to_string(i * 1'000) : patterned(20));
    push("l:huge-element", patterned(100'000));
    push("l:huge-element", "after");
}

void sets(Database& db) {
    auto add = [&](const char* name, std::string_view member) {
        db.find_or_create<Set>(KeyRef(name))->add(member, db.encodings());
    };
    for (const char* member : {"1", "-5", "300"}) add("set:int16", member);
    for (const char* member : {"1", "-5", "70000"}) add("set:int32", member);
    for (const char* member : {"1", "-5000000000"}) add("set:int64", member);
    for (const char* member : {"apple", "pear", "12", ""}) add("set:packed", member);
    for (int i = 0; i < 1'000; ++i) add("set:table", "member:" + std::to_string(i));
}

void zsets(Database& db) {
    auto add = [&](const char* name, std::string_view member, double score) {
        db.find_or_create<ZSet>(KeyRef(name))->add(member, score, db.encodings());
    };
    const double infinity = std::numeric_limits<double>::infinity();
    const double scores[] = {0, 1.5, -3, 1e100, -1e-100, infinity, -infinity, 3.0000000000000004, 9007199254740993.0};
    for (double score : scores) {
        add("z:packed", "m" + std::to_string(score), score);
        add("z:packed", std::to_string(static_cast<int>(std::fmod(score, 100))), score);
    }
    for (int i = 0; i < 1'000; ++i) add("z:large", "member:" + std::to_string(i), i % 10 == 0 ? infinity : i / 3.0);
}

void hashes(Database& db) {
    auto set = [&](const char* name, std::string_view field, std::string_view value) {
        db.find_or_create<Hash>(KeyRef(name))->set(field, value, db.encodings());
    };
    set("h:packed", "name", "Layla");
    set("h:packed", "age", "41");
    set("h:packed", "", "");
    for (int i = 0; i < 500; ++i) set("h:table", "f" + std::to_string(i), patterned(static_cast<std::size_t>(i)));
    set("h:wide", "field", patterned(50'000));
}

void streams(Database& db) {
    auto& stream = **db.find_or_create<Stream>(KeyRef("x:groups"));
    for (std::uint64_t i = 1; i <= 250; ++i) {
        const std::string value = std::to_string(i);
        std::vector<std::string_view> fields{"temperature", value, "place", "roof"};
        if (i % 7 == 0) fields.insert(fields.end(), {"extra", "x"});
        stream.append({1'700'000'000'000 + i / 3, i % 3}, fields, db.encodings());
    }
    stream.erase({1'700'000'000'010, 1});
    stream.erase({1'700'000'000'083, 1});
    auto& group = stream.groups().emplace("readers", StreamGroup({1'700'000'000'004, 0}, 12)).first->second;
    auto& first = group.consumer("first", WallTime(1'700'000'001'000ms));
    first.active = first.seen;
    auto& second = group.consumer("second", WallTime(1'700'000'002'000ms));
    second.active = second.seen;
    group.assign({1'700'000'000'001, 0}, first, WallTime(1'700'000'001'000ms), 1);
    group.assign({1'700'000'000'002, 1}, first, WallTime(1'700'000'001'500ms), 3);
    group.assign({1'700'000'000'003, 2}, second, WallTime(1'700'000'002'000ms), 1);
    stream.groups().emplace("fresh", StreamGroup({0, 0}, std::nullopt));
    auto& emptied = **db.find_or_create<Stream>(KeyRef("x:emptied"));
    const std::string_view one[] = {"f", "v"};
    emptied.append({5, 5}, one, db.encodings());
    emptied.erase({5, 5});
}

std::string describe_stream(const StreamData& stream) {
    std::string out = "last " + stream.last_id().str() + " added " + std::to_string(stream.entries_added()) +
                      " deleted " + stream.max_deleted_id().str();
    stream.for_range(StreamId::min(), StreamId::max(), [&](const StreamEntryView& entry) {
        out += '\n' + entry.id().str();
        entry.for_each([&](ElementView field, ElementView value) { out += ' ' + field.str() + '=' + value.str(); });
        return true;
    });
    for (const auto& [name, group] : stream.groups()) {
        out += "\ngroup " + name + ' ' + group.last_delivered.str() + ' ' +
               (group.entries_read ? std::to_string(*group.entries_read) : "?");
        for (const auto& [id, pending] : group.pending()) {
            out += "\n  " + id.str() + ' ' + pending.consumer->name + ' ' +
                   std::to_string(pending.delivered.time_since_epoch().count()) + ' ' +
                   std::to_string(pending.deliveries);
        }
        for (const auto& [consumer_name, consumer] : group.consumers()) {
            out += "\n  consumer " + consumer_name + ' ' + std::to_string(consumer.pending.size());
        }
    }
    return out;
}

std::string describe_value(const Entry& entry) {
    std::vector<std::string> parts;
    if (entry.type() == ValueType::string) return entry.string().str();
    if (const auto* list = entry.get<List>()) {
        list->for_each([&](ElementView e) {
            parts.push_back(e.str());
            return true;
        });
    }
    if (const auto* set = entry.get<Set>()) {
        set->for_each([&](ElementView e) {
            parts.push_back(e.str());
            return true;
        });
        std::sort(parts.begin(), parts.end());
    }
    if (const auto* zset = entry.get<ZSet>()) {
        zset->for_each([&](ElementView member, double score) {
            parts.push_back(member.str() + " @ " + format_double(score));
            return true;
        });
    }
    if (const auto* hash = entry.get<Hash>()) {
        hash->for_each([&](ElementView field, ElementView value) {
            const auto at = hash->expiry(field.str());
            parts.push_back(field.str() + " = " + value.str() +
                            (at ? " until " + std::to_string(at->time_since_epoch().count()) : ""));
        });
        std::sort(parts.begin(), parts.end());
    }
    if (const auto* stream = entry.get<Stream>()) return describe_stream(**stream);
    std::string out;
    for (const auto& part : parts) out += part + '\n';
    return out;
}

}  // namespace

void fill_dataset(Keyspace& keyspace, WallTime expiry_base) {
    auto locks = LockSet::all(keyspace);
    Database db(keyspace, 0, true);
    strings(db);
    lists(db);
    sets(db);
    zsets(db);
    hashes(db);
    streams(db);
    db.set_expiry(KeyRef("s:word"), expiry_base + 1h);
    db.set_expiry(KeyRef("h:packed"), expiry_base + 2h + 1ms);
    Database other(keyspace, 9, true);
    other.set_string(KeyRef("elsewhere"), "v");
}

std::map<std::string, std::string> describe(Keyspace& keyspace) {
    auto locks = LockSet::all(keyspace);
    std::map<std::string, std::string> out;
    for (unsigned database = 0; database < keyspace.databases_count(); ++database) {
        Database(keyspace, database, true).for_each([&](const KeyRef& key, const Entry& entry) {
            auto text = std::string(type_name(entry.type()));
            if (const auto at = entry.expiry()) text += " until " + std::to_string(at->time_since_epoch().count());
            out[std::to_string(database) + ':' + std::string(key.key)] = text + '\n' + describe_value(entry);
        });
    }
    return out;
}

}  // namespace sabil::cache
