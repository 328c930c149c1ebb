// Sorted sets:
//   zset_text: count | (member, score as text)...; the text's size is one byte, 253 nan, 254 inf, 255 -inf
//   zset: count | (member, score as a double)...
//   zset_ziplist, zset_listpack: member, score, ... in order
#include <cmath>
#include <limits>

#include "cache/persist/listpack.h"
#include "cache/persist/old_encodings.h"
#include "cache/persist/rdb_codecs.h"

namespace sabil::cache::rdb {
namespace {

bool add(ZSet& zset, ElementView member, double score, const RdbLoadRules& rules) {
    DecimalBuffer scratch;
    return !std::isnan(score) && zset.add(member.text(scratch), score, rules.encodings) == ZSet::Added::added;
}

double score_of(ElementView element) {
    if (element.is_integer()) return static_cast<double>(element.integer());
    return parse_double(element.bytes()).value_or(std::numeric_limits<double>::quiet_NaN());
}

double text_score(RdbDecoder& from) {
    const auto size = from.byte();
    switch (size) {
        case 253:
            return std::numeric_limits<double>::quiet_NaN();
        case 254:
            return std::numeric_limits<double>::infinity();
        case 255:
            return -std::numeric_limits<double>::infinity();
        default:
            break;
    }
    return parse_double(from.raw(size)).value_or(std::numeric_limits<double>::quiet_NaN());
}

// Adds every second element with the one after it as its score.
class PairReader {
  public:
    PairReader(ZSet& zset, const RdbLoadRules& rules) : zset_(zset), rules_(rules) {}
    bool take(ElementView element) {
        if (!has_member_) {
            member_ = element;
            has_member_ = true;
            return true;
        }
        has_member_ = false;
        return add(zset_, member_, score_of(element), rules_);
    }
    bool whole() const noexcept { return !has_member_; }

  private:
    ZSet& zset_;
    const RdbLoadRules& rules_;
    ElementView member_;
    bool has_member_ = false;
};

}  // namespace

Type zset_type(const Entry& entry, unsigned) {
    return entry.get<ZSet>()->encoding() == ZSet::Encoding::listpack ? Type::zset_listpack : Type::zset;
}

void save_zset(const Entry& entry, Type type, RdbEncoder& to) {
    const auto& zset = *entry.get<ZSet>();
    if (type == Type::zset_listpack) {
        ListpackWriter writer;
        zset.for_each([&](ElementView member, double score) {
            writer.add(member);
            writer.add_text(format_double(score));
            return true;
        });
        to.blob(writer.finish());
        return;
    }
    to.length(zset.size());
    // From the highest down, as Redis writes them: its skiplist takes each at the front.
    zset.for_range_reverse({0, zset.size()}, [&](ElementView member, double score) {
        to.element(member);
        to.real(score);
        to.settle();
        return true;
    });
}

Value load_zset(Type type, RdbDecoder& from, const RdbLoadRules& rules) {
    ZSet zset;
    if (type == Type::zset || type == Type::zset_text) {
        for (auto left = from.length(); left > 0 && from.ok(); --left) {
            const auto member = from.string();
            const auto score = type == Type::zset ? from.real() : text_score(from);
            if (from.ok() && !add(zset, ElementView(member), score, rules)) {
                from.fail("a sorted set holds a member twice or a score that is no number");
            }
        }
        return Value(std::move(zset));
    }
    const auto bytes = from.string();
    PairReader pairs(zset, rules);
    bool intact = true;
    if (type == Type::zset_ziplist) {
        intact = read_ziplist(bytes, [&](ElementView element) { return pairs.take(element); });
    } else {
        ListpackReader reader(bytes);
        while (!reader.at_end() && intact) {
            const auto element = reader.next();
            intact = reader.ok() && pairs.take(element);
        }
        intact = intact && reader.ok();
    }
    if (!intact || !pairs.whole()) from.fail("a damaged sorted set");
    return Value(std::move(zset));
}

}  // namespace sabil::cache::rdb
