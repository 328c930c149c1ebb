// Lists:
//   list: count | strings                      list_ziplist: one ziplist
//   list_of_ziplists: count | ziplists         list_of_listpacks: count | (kind, bytes)...; kind 1: one element, 2:
//   listpack
#include "cache/persist/listpack.h"
#include "cache/persist/old_encodings.h"
#include "cache/persist/rdb_codecs.h"

namespace sabil::cache::rdb {
namespace {

constexpr std::size_t node_bytes = 8192;  // as Redis' own default

// Cuts a list into nodes of up to node_bytes; larger elements stand alone. The same cuts each time.
template <class Plain, class Packed>
void for_each_node(const List& list, Plain plain, Packed packed) {
    ListpackWriter writer;
    list.for_each([&](ElementView element) {
        const auto size = element.size();
        if (writer.count() > 0 && writer.bytes() + size + 11 > node_bytes) packed(writer.finish());
        if (size > node_bytes) {
            plain(element);
        } else {
            writer.add(element);
        }
        return true;
    });
    if (writer.count() > 0) packed(writer.finish());
}

bool push(List& list, ElementView element, const RdbLoadRules& rules) {
    DecimalBuffer scratch;
    list.push(ListEnd::back, element.text(scratch), rules.encodings);
    return true;
}

void push_ziplist(List& list, RdbDecoder& from, const RdbLoadRules& rules) {
    const auto bytes = from.string();
    if (from.ok() && !read_ziplist(bytes, [&](ElementView e) { return push(list, e, rules); })) {
        from.fail("a damaged ziplist");
    }
}

void push_node(List& list, RdbDecoder& from, const RdbLoadRules& rules) {
    const auto kind = from.length();
    const auto bytes = from.string();
    if (!from.ok()) return;
    if (kind == node_plain) {
        list.push(ListEnd::back, bytes, rules.encodings);
        return;
    }
    ListpackReader reader(bytes);
    while (!reader.at_end()) {
        const auto element = reader.next();
        if (reader.ok()) push(list, element, rules);
    }
    if (kind != node_packed || !reader.ok()) from.fail("a damaged listpack");
}

}  // namespace

Type list_type(const Entry&, unsigned) {
    return Type::list_of_listpacks;
}

void save_list(const Entry& entry, Type, RdbEncoder& to) {
    const auto& list = *entry.get<List>();
    std::uint64_t nodes = 0;
    for_each_node(
        list, [&](ElementView) { ++nodes; }, [&](const std::string&) { ++nodes; });
    to.length(nodes);
    for_each_node(
        list,
        [&](ElementView element) {
            DecimalBuffer scratch;
            to.length(node_plain);
            to.blob(element.text(scratch));
            to.settle();
        },
        [&](const std::string& listpack) {
            to.length(node_packed);
            to.blob(listpack);
            to.settle();
        });
}

Value load_list(Type type, RdbDecoder& from, const RdbLoadRules& rules) {
    List list;
    if (type == Type::list_ziplist) {
        push_ziplist(list, from, rules);
        return Value(std::move(list));
    }
    for (auto left = from.length(); left > 0 && from.ok(); --left) {
        if (type == Type::list) {
            const auto element = from.string();
            if (from.ok()) list.push(ListEnd::back, element, rules.encodings);
        } else if (type == Type::list_of_ziplists) {
            push_ziplist(list, from, rules);
        } else {
            push_node(list, from, rules);
        }
    }
    return Value(std::move(list));
}

}  // namespace sabil::cache::rdb
