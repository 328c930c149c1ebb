// SORT and SORT_RO: the elements of a list, set or sorted set in order, by themselves or by values kept under other
// keys.
#include "cache/store/lock_set.h"
#include "proxy/resp/acl_user.h"
#include "proxy/resp/client_state.h"
#include "proxy/resp/command_families.h"
#include "proxy/resp/command_table.h"
#include "proxy/resp/commands/sort_request.h"
#include "proxy/resp/commands/typed_access.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::ElementView;
using cache::EventClass;
using cache::KeyRef;

struct Item {
    std::string element;
    double weight = 0;                // numeric order
    std::optional<std::string> text;  // alphabetic order by other keys; nothing: no such value
};

// False where the key holds a string or a hash. A missing key has no elements.
bool read_elements(const cache::Entry* entry, bool backwards, std::vector<Item>& items) {
    if (entry == nullptr) return true;
    const auto add = [&](ElementView element) {
        items.push_back({element.str(), 0, {}});
        return true;
    };
    const auto add_scored = [&](ElementView member, double) { return add(member); };
    if (const auto* list = entry->get<cache::List>()) {
        backwards ? list->for_range_reverse(list->size() - 1, list->size(), add) : list->for_each(add);
    } else if (const auto* set = entry->get<cache::Set>()) {
        set->for_each(add);
    } else if (const auto* zset = entry->get<cache::ZSet>()) {
        if (backwards) {
            zset->for_range_reverse({0, zset->size()}, add_scored);
        } else {
            zset->for_each(add_scored);
        }
    } else {
        return false;
    }
    return true;
}

// The value that a pattern and an element name: `#` is the element, `prefix*suffix` a string, `prefix*suffix->field` a
// hash's field.
std::optional<std::string> value_named(Database& database, std::string_view pattern, std::string_view element) {
    if (pattern == "#") return std::string(element);
    const auto star = pattern.find('*');
    if (star == std::string_view::npos) return std::nullopt;
    auto suffix = pattern.substr(star + 1);
    std::string_view field;
    if (const auto arrow = suffix.find("->"); arrow != std::string_view::npos && arrow + 2 < suffix.size()) {
        field = suffix.substr(arrow + 2);
        suffix = suffix.substr(0, arrow);
    }
    std::string name(pattern.substr(0, star));
    name.append(element).append(suffix);
    const KeyRef key(name);
    if (field.empty()) {
        const auto found = database.find_string(key);
        return found ? std::optional(found->str()) : std::nullopt;
    }
    const auto hash = database.find<cache::Hash>(key);
    const auto value = hash ? hash->get(field) : std::nullopt;
    return value ? std::optional(value->str()) : std::nullopt;
}

// A zero byte ends the text, as in Redis.
bool parse_weight(const std::string& text, double& weight) noexcept {
    char* end = nullptr;
    errno = 0;
    weight = std::strtod(text.c_str(), &end);
    return *end == '\0' && errno != ERANGE && !std::isnan(weight);
}

// False where a weight is no number.
bool weigh(Database& database, const SortRequest& request, std::vector<Item>& items) {
    bool numbers = true;
    for (auto& item : items) {
        if (!request.has_by) {
            if (!request.alphabetic) numbers &= parse_weight(item.element, item.weight);
            continue;
        }
        auto value = value_named(database, request.by, item.element);
        if (request.alphabetic) {
            item.text = std::move(value);
        } else if (value) {
            numbers &= parse_weight(*value, item.weight);
        }
    }
    return numbers;
}

void order(const SortRequest& request, std::vector<Item>& items) {
    const auto before = [&](const Item& a, const Item& b) {
        if (request.alphabetic) return request.has_by ? a.text < b.text : a.element < b.element;
        return a.weight != b.weight ? a.weight < b.weight : a.element < b.element;
    };
    if (request.descending) {
        std::stable_sort(items.begin(), items.end(), [&](const Item& a, const Item& b) { return before(b, a); });
    } else {
        std::stable_sort(items.begin(), items.end(), before);
    }
}

// What the request asks for of each element in the window.
template <class Visit>
void visit_results(Database& database, const SortRequest& request, const std::vector<Item>& items, Visit visit) {
    const auto window = request.window(items.size());
    for (std::size_t i = window.first; i < window.first + window.count; ++i) {
        if (request.gets.empty()) visit(std::optional(items[i].element));
        for (const auto get : request.gets) visit(value_named(database, get, items[i].element));
    }
}

void store_results(Database& database, const SortRequest& request, const std::vector<Item>& items, Reply& reply) {
    cache::List result;
    visit_results(database, request, items, [&](const std::optional<std::string>& value) {
        result.push(cache::ListEnd::back, value ? std::string_view(*value) : std::string_view{}, database.encodings());
    });
    const KeyRef destination(request.store);
    const auto size = static_cast<std::int64_t>(result.size());
    if (size > 0) {
        database.replace(destination, cache::Value(std::move(result)));
        database.changed(destination, EventClass::list, "sortstore");
    } else if (database.erase(destination)) {
        database.changed(destination, EventClass::generic, "del");
    }
    reply.integer(size);
}

void sort_held(Database& database, Args args, SortRequest& request, bool in_script, Reply& reply) {
    const auto* entry = database.find(KeyRef(args[1]));
    bool sorts = request.sorts();
    if (!sorts && entry != nullptr && entry->type() == cache::ValueType::set && (request.stores || in_script)) {
        // A set has no order of its own: what is stored must not depend on how it is kept.
        request.has_by = false;
        request.alphabetic = true;
        sorts = true;
    }
    std::vector<Item> items;
    if (!read_elements(entry, !sorts && request.descending, items)) return reply.error(errors::wrong_type);
    if (sorts) {
        if (!weigh(database, request, items)) {
            return reply.error("ERR One or more scores can't be converted into double");
        }
        order(request, items);
    }
    if (request.stores) return store_results(database, request, items, reply);
    reply.array(request.window(items.size()).count * std::max<std::size_t>(1, request.gets.size()));
    visit_results(database, request, items,
                  [&](const std::optional<std::string>& value) { value ? reply.bulk(*value) : reply.null(); });
}

// BY and GET make keys of elements: only who may read every key may use them.
bool may_read_every_key(Session& session, Args args) {
    auto& client = session.client();
    const Command* command = command_table().find(args[0]);
    if (client.unrestricted || !client.user || command == nullptr) return true;
    const auto open = [&](const AclSelector& selector) {
        const bool runs = selector.all_commands || selector.commands[command->id];
        return runs && (selector.all_keys ||
                        std::any_of(selector.keys.begin(), selector.keys.end(),
                                    [](const AclKeyPattern& key) { return key.read && key.pattern == "*"; }));
    };
    const auto& user = *client.user;
    return open(user.root) || std::any_of(user.selectors.begin(), user.selectors.end(), open);
}

// Takes the locks of the keys named, or of all slices where patterns name others, unless the caller holds all.
void sort_by(Database& database, Args args, bool may_store, Reply& reply, Session& session) {
    SortRequest request;
    if (!request.parse(args, may_store, reply)) return;
    const bool by_keys = request.has_by && request.sorts();
    if ((by_keys || !request.gets.empty()) && !may_read_every_key(session, args)) {
        return reply.error(by_keys ? "ERR BY option of SORT denied due to insufficient ACL permissions."
                                   : "ERR GET option of SORT denied due to insufficient ACL permissions.");
    }
    cache::LockSet locks;
    if (!database.holds_all()) {
        const KeyRef names[] = {session.key(args[1]), KeyRef(request.stores ? request.store : args[1])};
        locks = request.reads_other_keys() ? cache::LockSet::all(database.keyspace())
                                           : cache::LockSet(database.keyspace(), names);
    }
    Database held(database.keyspace(), database.index(), database.holds_all() || locks.holds_all());
    sort_held(held, args, request, session.in_script(), reply);
}

// SORT key [BY pattern] [LIMIT offset count] [GET pattern ...] [ASC | DESC] [ALPHA] [STORE destination]
void sort(Database& database, Args args, Reply& reply, Session& session) {
    sort_by(database, args, true, reply, session);
}

// SORT_RO key [BY pattern] [LIMIT offset count] [GET pattern ...] [ASC | DESC] [ALPHA]
void sort_ro(Database& database, Args args, Reply& reply, Session& session) {
    sort_by(database, args, false, reply, session);
}

// The last STORE counts.
void find_sort_keys(Args args, std::vector<FoundKey>& found) {
    found.push_back({1, key_flag::ro | key_flag::access});
    std::uint32_t store = 0;
    for (std::uint32_t i = 2; i < args.size(); ++i) {
        const bool takes_one = equals_ignoring_case(args[i], "by") || equals_ignoring_case(args[i], "get");
        if (equals_ignoring_case(args[i], "store") && i + 1 < args.size()) store = ++i;
        if (equals_ignoring_case(args[i], "limit")) i += 2;
        if (takes_one) ++i;
    }
    if (store != 0) found.push_back({store, key_flag::ow | key_flag::update});
}

constexpr CommandSpec rows[] = {
    {.name = "sort",
     .arguments = "key [BY by-pattern:pattern#1/pattern] [<limit:LIMIT> offset:integer count:integer] [GET "
                  "get-pattern:pattern#1/pattern]+... [<order> ASC | DESC] [sorting=ALPHA] [STORE "
                  "destination:key#2]",
     .arity = -2,
     .access = Access::write(),
     .flags = flag::denyoom | flag::own_slices,
     .keys = {keys::one(1, key_flag::ro | key_flag::access), keys::unknown(key_flag::ro | key_flag::access),
              keys::unknown(key_flag::ow | key_flag::update)},
     .find_keys = find_sort_keys,
     .group = Group::generic,
     .since = "1.0.0",
     .summary = "Sorts the elements of a list, set or sorted set, and stores the result where asked.",
     .complexity = "O(N+M*log(M))",
     .acl = acl::not_of_group | acl::set | acl::sorted_set | acl::list | acl::dangerous,
     .handler = sort},
    {.name = "sort_ro",
     .arguments = "key [BY by-pattern:pattern#1/pattern] [<limit:LIMIT> offset:integer count:integer] [GET "
                  "get-pattern:pattern#1/pattern]+... [<order> ASC | DESC] [sorting=ALPHA]",
     .arity = -2,
     .access = Access::read(),
     .flags = flag::own_slices,
     .keys = {keys::one(1, key_flag::ro | key_flag::access), keys::unknown(key_flag::ro | key_flag::access)},
     .group = Group::generic,
     .since = "7.0.0",
     .summary = "Sorts the elements of a list, set or sorted set.",
     .complexity = "O(N+M*log(M))",
     .acl = acl::not_of_group | acl::set | acl::sorted_set | acl::list | acl::dangerous,
     .handler = sort_ro},
};

}  // namespace

CommandFamily sort_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
