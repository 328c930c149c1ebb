// Hashes:
//   hash: count | (field, value)...            hash_zipmap, hash_ziplist, hash_listpack: field, value, ...
//   hash_with_expiries: earliest expiry (8) | count | (expiry - earliest + 1, or 0 for none; field; value)...
//   hash_listpack_with_expiries: earliest expiry (8) | one listpack of field, value, expiry or 0, ...
#include "cache/persist/listpack.h"
#include "cache/persist/old_encodings.h"
#include "cache/persist/rdb_codecs.h"

namespace sabil::cache::rdb {
namespace {

struct FieldExpiry {
    std::int64_t ms = 0;  // 0: none
};

bool add(Hash& hash, ElementView field, ElementView value, FieldExpiry expiry, const RdbLoadRules& rules) {
    DecimalBuffer field_scratch;
    DecimalBuffer value_scratch;
    const auto name = field.text(field_scratch);
    if (hash.contains(name)) return false;
    const WallTime at{std::chrono::milliseconds(expiry.ms)};
    if (expiry.ms != 0 && at <= rules.now) return true;
    hash.set(name, value.text(value_scratch), rules.encodings);
    if (expiry.ms != 0) hash.set_expiry(name, at);
    return true;
}

// Adds each field with the value after it.
class PairReader {
  public:
    PairReader(Hash& hash, const RdbLoadRules& rules) : hash_(hash), rules_(rules) {}
    bool take(ElementView element) {
        if (!has_field_) {
            field_ = element;
            has_field_ = true;
            return true;
        }
        has_field_ = false;
        return add(hash_, field_, element, {}, rules_);
    }
    bool whole() const noexcept { return !has_field_; }

  private:
    Hash& hash_;
    const RdbLoadRules& rules_;
    ElementView field_;
    bool has_field_ = false;
};

void load_packed(Type type, Hash& hash, RdbDecoder& from, const RdbLoadRules& rules) {
    const auto bytes = from.string();
    PairReader pairs(hash, rules);
    auto take = [&](ElementView element) { return pairs.take(element); };
    bool intact = true;
    if (type == Type::hash_ziplist) {
        intact = read_ziplist(bytes, take);
    } else if (type == Type::hash_zipmap) {
        intact = read_zipmap(bytes, take);
    } else {
        ListpackReader reader(bytes);
        while (!reader.at_end() && intact) {
            const auto element = reader.next();
            intact = reader.ok() && take(element);
        }
        intact = intact && reader.ok();
    }
    if (!intact || !pairs.whole()) from.fail("a damaged hash");
}

void load_packed_with_expiries(Hash& hash, RdbDecoder& from, const RdbLoadRules& rules) {
    (void)from.little_endian(8);
    const auto bytes = from.string();
    ListpackReader reader(bytes);
    bool intact = true;
    while (!reader.at_end() && intact) {
        const auto field = reader.next();
        const auto value = reader.next();
        const FieldExpiry expiry{reader.next_integer()};
        intact = reader.ok() && add(hash, field, value, expiry, rules);
    }
    if (!intact || !reader.ok()) from.fail("a damaged hash");
}

void load_plain(Type type, Hash& hash, RdbDecoder& from, const RdbLoadRules& rules) {
    const bool expiries = type == Type::hash_with_expiries;
    const auto earliest = expiries ? static_cast<std::int64_t>(from.little_endian(8)) : 0;
    for (auto left = from.length(); left > 0 && from.ok(); --left) {
        const auto after = expiries ? from.length() : 0;
        const auto field = from.string();
        const auto value = from.string();
        if (!from.ok()) return;
        FieldExpiry expiry;
        if (after != 0 && (after > INT64_MAX || __builtin_add_overflow(earliest, after - 1, &expiry.ms))) {
            from.fail("a field's expiry is out of range");
            return;
        }
        if (after != 0 && expiry.ms == 0) expiry.ms = 1;  // as long past, and not taken for none
        if (!add(hash, ElementView(field), ElementView(value), expiry, rules)) from.fail("a hash holds a field twice");
    }
}

}  // namespace

Type hash_type(const Entry& entry, unsigned) {
    const auto& hash = *entry.get<Hash>();
    if (hash.has_field_expiry()) return Type::hash_with_expiries;
    return hash.encoding() == Hash::Encoding::listpack ? Type::hash_listpack : Type::hash;
}

void save_hash(const Entry& entry, Type type, RdbEncoder& to) {
    const auto& hash = *entry.get<Hash>();
    if (type == Type::hash_listpack) {
        ListpackWriter writer;
        hash.for_each([&](ElementView field, ElementView value) {
            writer.add(field);
            writer.add(value);
        });
        to.blob(writer.finish());
        return;
    }
    const bool expiries = type == Type::hash_with_expiries;
    // The hash's own bound may lie before every field's expiry; differences to it are still right.
    const auto earliest = expiries ? hash.next_expiry()->time_since_epoch().count() : 0;
    if (expiries) to.little_endian(static_cast<std::uint64_t>(earliest), 8);
    to.length(hash.size());
    hash.for_each([&](ElementView field, ElementView value) {
        if (expiries) {
            DecimalBuffer scratch;
            const auto at = hash.expiry(field.text(scratch));
            const auto ms = at ? static_cast<std::uint64_t>(at->time_since_epoch().count()) : 0;
            to.length(at ? ms - static_cast<std::uint64_t>(earliest) + 1 : 0);
        }
        to.element(field);
        to.element(value);
        to.settle();
    });
}

Value load_hash(Type type, RdbDecoder& from, const RdbLoadRules& rules) {
    Hash hash;
    switch (type) {
        case Type::hash:
        case Type::hash_with_expiries:
            load_plain(type, hash, from, rules);
            break;
        case Type::hash_listpack_with_expiries:
            load_packed_with_expiries(hash, from, rules);
            break;
        default:
            load_packed(type, hash, from, rules);
    }
    return Value(std::move(hash));
}

}  // namespace sabil::cache::rdb
