// Sets: set: count | strings. set_intset: one intset. set_listpack: one listpack.
#include "cache/base/bytes.h"
#include "cache/persist/listpack.h"
#include "cache/persist/old_encodings.h"
#include "cache/persist/rdb_codecs.h"

namespace sabil::cache::rdb {
namespace {

std::string intset_bytes(const Set& set) {
    unsigned width = 2;
    set.for_each([&](ElementView member) {
        const auto value = member.integer();
        if (value < INT32_MIN || value > INT32_MAX) {
            width = 8;
        } else if ((value < INT16_MIN || value > INT16_MAX) && width < 4) {
            width = 4;
        }
        return width < 8;
    });
    std::string out;
    ByteWriter writer(out);
    writer.u32(width);
    writer.u32(static_cast<std::uint32_t>(set.size()));
    set.for_each([&](ElementView member) {
        writer.uint_le(static_cast<std::uint64_t>(member.integer()), width);
        return true;
    });
    return out;
}

// False where the member was there already: a set in these forms holds none twice.
bool add(Set& set, ElementView member, const RdbLoadRules& rules) {
    DecimalBuffer scratch;
    return set.add(member.text(scratch), rules.encodings);
}

}  // namespace

Type set_type(const Entry& entry, unsigned version) {
    constexpr unsigned listpack_version = 11;
    switch (entry.get<Set>()->encoding()) {
        case Set::Encoding::intset:
            return Type::set_intset;
        case Set::Encoding::listpack:
            return version >= listpack_version ? Type::set_listpack : Type::set;
        case Set::Encoding::hashtable:
            break;
    }
    return Type::set;
}

void save_set(const Entry& entry, Type type, RdbEncoder& to) {
    const auto& set = *entry.get<Set>();
    if (type == Type::set_intset) {
        to.blob(intset_bytes(set));
        return;
    }
    ListpackWriter writer;
    if (type == Type::set) to.length(set.size());
    set.for_each([&](ElementView member) {
        if (type == Type::set) {
            to.element(member);
            to.settle();
        } else {
            writer.add(member);
        }
        return true;
    });
    if (type == Type::set_listpack) to.blob(writer.finish());
}

Value load_set(Type type, RdbDecoder& from, const RdbLoadRules& rules) {
    Set set;
    if (type == Type::set) {
        for (auto left = from.length(); left > 0 && from.ok(); --left) {
            const auto member = from.string();
            if (from.ok() && !set.add(member, rules.encodings)) from.fail("a set holds a member twice");
        }
        return Value(std::move(set));
    }
    const auto bytes = from.string();
    bool intact = true;
    if (type == Type::set_intset) {
        intact = read_intset(bytes, [&](ElementView member) { return add(set, member, rules); });
    } else {
        ListpackReader reader(bytes);
        while (!reader.at_end() && intact) {
            const auto member = reader.next();
            intact = reader.ok() && add(set, member, rules);
        }
        intact = intact && reader.ok();
    }
    if (!intact) from.fail("a damaged set");
    return Value(std::move(set));
}

}  // namespace sabil::cache::rdb
