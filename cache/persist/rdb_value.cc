#include "cache/persist/rdb_value.h"

#include <array>
#include <string>

#include "cache/persist/rdb_codecs.h"

namespace sabil::cache {
namespace {

using rdb::Type;

Type string_type(const Entry&, unsigned) {
    return Type::string;
}

void save_string(const Entry& entry, Type, RdbEncoder& to) {
    to.element(entry.string());
}

Value load_string(Type, RdbDecoder& from, const RdbLoadRules&) {
    return Value::string(from.string());
}

struct Saver {
    ValueType type;
    Type (*choose)(const Entry& entry, unsigned version);
    void (*save)(const Entry& entry, Type type, RdbEncoder& to);
};

constexpr std::array savers = {
    Saver{ValueType::string, string_type, save_string},
    Saver{ValueType::list, rdb::list_type, rdb::save_list},
    Saver{ValueType::set, rdb::set_type, rdb::save_set},
    Saver{ValueType::zset, rdb::zset_type, rdb::save_zset},
    Saver{ValueType::hash, rdb::hash_type, rdb::save_hash},
    Saver{ValueType::stream, rdb::stream_type, rdb::save_stream},
};

struct Loader {
    Type type;
    Value (*load)(Type type, RdbDecoder& from, const RdbLoadRules& rules);
};

constexpr std::array loaders = {
    Loader{Type::string, load_string},
    Loader{Type::list, rdb::load_list},
    Loader{Type::list_ziplist, rdb::load_list},
    Loader{Type::list_of_ziplists, rdb::load_list},
    Loader{Type::list_of_listpacks, rdb::load_list},
    Loader{Type::set, rdb::load_set},
    Loader{Type::set_intset, rdb::load_set},
    Loader{Type::set_listpack, rdb::load_set},
    Loader{Type::zset_text, rdb::load_zset},
    Loader{Type::zset, rdb::load_zset},
    Loader{Type::zset_ziplist, rdb::load_zset},
    Loader{Type::zset_listpack, rdb::load_zset},
    Loader{Type::hash, rdb::load_hash},
    Loader{Type::hash_zipmap, rdb::load_hash},
    Loader{Type::hash_ziplist, rdb::load_hash},
    Loader{Type::hash_listpack, rdb::load_hash},
    Loader{Type::hash_with_expiries, rdb::load_hash},
    Loader{Type::hash_listpack_with_expiries, rdb::load_hash},
    Loader{Type::stream_1, rdb::load_stream},
    Loader{Type::stream_2, rdb::load_stream},
    Loader{Type::stream_3, rdb::load_stream},
};

const Saver* saver_for(const Entry& entry) noexcept {
    for (const auto& saver : savers) {
        if (saver.type == entry.type()) return &saver;
    }
    return nullptr;
}

}  // namespace

bool has_rdb_form(const Entry& entry) noexcept {
    return saver_for(entry) != nullptr;
}

Type rdb_type_of(const Entry& entry, unsigned version) {
    return saver_for(entry)->choose(entry, version);
}

void save_rdb_value(const Entry& entry, Type type, RdbEncoder& to) {
    saver_for(entry)->save(entry, type, to);
}

std::optional<Value> load_rdb_value(std::uint8_t type, RdbDecoder& from, const RdbLoadRules& rules) {
    for (const auto& loader : loaders) {
        if (static_cast<std::uint8_t>(loader.type) != type) continue;
        auto value = loader.load(loader.type, from, rules);
        if (!from.ok()) return std::nullopt;
        return value;
    }
    from.fail("unknown type of value " + std::to_string(type));
    return std::nullopt;
}

bool is_empty_container(const Value& value) noexcept {
    if (const auto* list = value.get<List>()) return list->empty();
    if (const auto* set = value.get<Set>()) return set->empty();
    if (const auto* zset = value.get<ZSet>()) return zset->empty();
    if (const auto* hash = value.get<Hash>()) return hash->empty();
    return false;
}

}  // namespace sabil::cache
