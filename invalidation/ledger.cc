#include "invalidation/ledger.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "cache/base/hash.h"

namespace sabil::invalidation {

namespace {

// A stamp's word: the number of writes under way above, the group's number below. A dirty stamp is thus greater than
// every floor, and readers need no second look.
constexpr unsigned sequence_bits = 44;
constexpr std::uint64_t sequence_mask = (std::uint64_t{1} << sequence_bits) - 1;
constexpr std::uint64_t one_mark = std::uint64_t{1} << sequence_bits;

constexpr Sequence never_again = ~std::uint64_t{0};  // birth of a dropped signature
constexpr std::size_t name_bytes = 256;              // 64 characters of 4 bytes: the servers' limit

enum class Kind : std::uint64_t { table = 0x7461, all_rows = 0x726f, schema = 0x7363, row = 0x7661 };

std::uint64_t hash_name(std::string_view name, std::uint64_t seed) noexcept {
    std::array<char, name_bytes> folded;
    if (name.size() > folded.size()) return hash_bytes(name, seed);
    std::transform(name.begin(), name.end(), folded.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return hash_bytes({folded.data(), name.size()}, seed);
}

std::uint64_t hash_of(Kind kind, std::string_view schema, std::string_view table) noexcept {
    return hash_name(table, hash_name(schema, static_cast<std::uint64_t>(kind)));
}

void fold(std::string& out, std::string_view name) {
    for (char c : name) out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
}

void raise_to(std::atomic<std::uint64_t>& target, std::uint64_t n) noexcept {
    auto seen = target.load(std::memory_order_relaxed);
    while (seen < n && !target.compare_exchange_weak(seen, n, std::memory_order_release, std::memory_order_relaxed)) {
    }
}

struct TableSignatures {
    std::uint32_t definition = 0;
    std::shared_ptr<const std::vector<Signature>> list;
};

}  // namespace

struct Ledger::State {
    explicit State(std::size_t slots)
        : mask(slots - 1),
          stamps(new std::atomic<std::uint64_t>[slots]()),
          watched(new std::atomic<std::uint64_t>[slots / 64]()),
          births(new std::atomic<std::uint64_t>[signatures_count + 1]()) {}

    Dependency at(std::uint64_t hash) const noexcept { return {static_cast<std::uint32_t>(hash & mask), 0}; }

    static std::string schema_key(std::string_view schema) {
        std::string key;
        key.reserve(schema.size() + name_bytes);
        fold(key, schema);
        key.push_back('\0');
        return key;
    }
    static std::string table_key(std::string_view schema, std::string_view table) {
        auto key = schema_key(schema);
        fold(key, table);
        return key;
    }

    // Under the lock, and before the signature can be seen: a group that did not see it is not newer than its birth.
    std::uint32_t give_birth() noexcept {
        auto id = next_signature++;
        births[id].store(started.load(std::memory_order_acquire), std::memory_order_release);
        return id;
    }

    // Signatures stand in the order of their ids.
    bool drop_oldest_open_range(std::vector<Signature>& list) noexcept {
        auto oldest = std::find_if(list.begin(), list.end(), [](const Signature& signature) {
            return signature.shape.kind == SignatureShape::Kind::above ||
                   signature.shape.kind == SignatureShape::Kind::below;
        });
        if (oldest == list.end()) return false;
        births[oldest->id].store(never_again, std::memory_order_release);
        list.erase(oldest);
        return true;
    }

    void bury(const TableSignatures& entry) noexcept {
        if (entry.definition != 0) births[entry.definition].store(never_again, std::memory_order_release);
        if (!entry.list) return;
        for (const auto& signature : *entry.list) births[signature.id].store(never_again, std::memory_order_release);
    }

    const std::size_t mask;
    const std::unique_ptr<std::atomic<std::uint64_t>[]> stamps;
    const std::unique_ptr<std::atomic<std::uint64_t>[]> watched;  // a bit for each slot
    const std::unique_ptr<std::atomic<std::uint64_t>[]> births;

    static std::uint64_t bit_of(std::uint64_t slot) noexcept { return std::uint64_t{1} << (slot % 64); }
    void note_touched(std::uint32_t slot) {
        if ((watched[slot / 64].load(std::memory_order_seq_cst) & bit_of(slot)) == 0) return;
        std::lock_guard lock(touched_mutex);
        if (touched.slots.size() < touched_count_max) {
            touched.slots.push_back(slot);
        } else {
            touched.overflowed = true;
        }
    }

    alignas(64) std::atomic<std::uint64_t> epoch{1};
    std::atomic<std::uint64_t> epoch_first{0};
    std::atomic<std::uint64_t> rights{0};
    std::atomic<std::uint64_t> applied{0};
    std::atomic<std::uint64_t> watermark{0};
    std::atomic<std::uint64_t> started{0};

    alignas(64) mutable std::shared_mutex mutex;
    std::unordered_map<std::string, TableSignatures> tables;  // "schema\0table"
    std::uint32_t next_signature = 1;

    std::mutex touched_mutex;
    Touched touched;
};

Ledger::Ledger(std::size_t slots) {
    slots = std::clamp(slots, std::size_t{1} << 10, std::size_t{1} << 28);
    state_ = std::make_unique<State>(std::size_t{1} << (63 - __builtin_clzll(slots)));
}

Ledger::~Ledger() = default;

std::uint64_t Ledger::epoch() const noexcept {
    return state_->epoch.load(std::memory_order_acquire);
}
Sequence Ledger::applied() const noexcept {
    return state_->applied.load(std::memory_order_acquire);
}
Sequence Ledger::started() const noexcept {
    return state_->started.load(std::memory_order_acquire);
}

Sequence Ledger::rights() const noexcept {
    return state_->rights.load(std::memory_order_acquire);
}

// W before the epoch: an older W with a newer epoch is below the epoch's first group, hence too low for anything.
Floor Ledger::floor() const noexcept {
    Floor floor;
    floor.n = state_->watermark.load(std::memory_order_acquire);
    floor.epoch = state_->epoch.load(std::memory_order_acquire);
    return floor;
}

Sequence Ledger::latest(std::span<const Dependency> dependencies) const noexcept {
    Sequence latest = state_->epoch_first.load(std::memory_order_acquire);
    for (auto dependency : dependencies) {
        latest = std::max(latest, state_->stamps[dependency.slot & state_->mask].load(std::memory_order_acquire));
        latest = std::max(
            latest, state_->births[dependency.signature & (signatures_count - 1)].load(std::memory_order_acquire));
    }
    return latest;
}

bool Ledger::current(std::span<const Dependency> dependencies, Floor floor) const noexcept {
    if (state_->epoch.load(std::memory_order_acquire) != floor.epoch) return false;
    if (state_->epoch_first.load(std::memory_order_acquire) > floor.n) return false;
    for (auto dependency : dependencies) {
        if (state_->stamps[dependency.slot & state_->mask].load(std::memory_order_acquire) > floor.n) return false;
        if (state_->births[dependency.signature & (signatures_count - 1)].load(std::memory_order_acquire) > floor.n)
            return false;
    }
    return true;
}

Dependency Ledger::table(std::string_view schema, std::string_view table) const noexcept {
    return state_->at(hash_of(Kind::table, schema, table));
}

Dependency Ledger::all_rows(std::string_view schema, std::string_view table) const noexcept {
    return state_->at(hash_of(Kind::all_rows, schema, table));
}

Dependency Ledger::schema(std::string_view schema) const noexcept {
    return state_->at(hash_name(schema, static_cast<std::uint64_t>(Kind::schema)));
}

Dependency Ledger::row(std::string_view schema, std::string_view table, const Signature& signature,
                       std::uint64_t value_hash) const noexcept {
    auto hash = hash_of(Kind::row, schema, table);
    hash = hash_combine(hash_combine(hash, signature.id), value_hash);
    auto dependency = state_->at(hash ^ hash >> 32);
    dependency.signature = signature.id;
    return dependency;
}

Result<Signature> Ledger::register_signature(std::string_view schema, std::string_view table,
                                             std::vector<std::uint16_t> columns, SignatureShape shape) {
    auto& state = *state_;
    auto key = State::table_key(schema, table);
    auto find = [&](const TableSignatures& entry) -> std::uint32_t {
        if (columns.empty()) return entry.definition;
        if (!entry.list) return 0;
        for (const auto& signature : *entry.list) {
            if (signature.columns == columns && signature.shape == shape) return signature.id;
        }
        return 0;
    };
    {
        std::shared_lock lock(state.mutex);
        auto at = state.tables.find(key);
        if (at != state.tables.end()) {
            if (auto id = find(at->second)) return Signature{id, std::move(columns), shape};
        }
    }
    std::unique_lock lock(state.mutex);
    auto& entry = state.tables[key];
    if (auto id = find(entry)) return Signature{id, std::move(columns), shape};
    if (state.next_signature >= signatures_count) {
        return fail(ErrorCode::out_of_range, "the ledger has no room for another column set");
    }
    if (columns.empty()) {
        entry.definition = state.give_birth();
        return Signature{entry.definition, {}, {}};
    }
    auto list =
        entry.list ? std::make_shared<std::vector<Signature>>(*entry.list) : std::make_shared<std::vector<Signature>>();
    if (list->size() >= signatures_per_table && !state.drop_oldest_open_range(*list)) {
        return fail(ErrorCode::out_of_range,
                    "the table has its " + std::to_string(signatures_per_table) + " column sets already");
    }
    list->push_back({state.give_birth(), std::move(columns), shape});
    entry.list = list;
    return list->back();
}

std::shared_ptr<const std::vector<Signature>> Ledger::signatures(std::string_view schema,
                                                                 std::string_view table) const {
    auto key = State::table_key(schema, table);
    std::shared_lock lock(state_->mutex);
    auto at = state_->tables.find(key);
    return at == state_->tables.end() ? nullptr : at->second.list;
}

void Ledger::drop_signatures(std::string_view schema, std::string_view table) {
    auto key = State::table_key(schema, table);
    std::unique_lock lock(state_->mutex);
    auto at = state_->tables.find(key);
    if (at == state_->tables.end()) return;
    state_->bury(at->second);
    state_->tables.erase(at);
}

void Ledger::drop_schema_signatures(std::string_view schema) {
    auto prefix = State::schema_key(schema);
    std::unique_lock lock(state_->mutex);
    std::erase_if(state_->tables, [&](const auto& item) {
        if (!item.first.starts_with(prefix)) return false;
        state_->bury(item.second);
        return true;
    });
}

Sequence Ledger::begin_group() {
    return state_->started.fetch_add(1, std::memory_order_acq_rel) + 1;
}

// The stamp before the look at the watched bit, as watch() does it the other way round: one of both sees the other.
void Ledger::stamp(Dependency dependency, Sequence n) noexcept {
    auto slot = static_cast<std::uint32_t>(dependency.slot & state_->mask);
    auto& word = state_->stamps[slot];
    auto seen = word.load(std::memory_order_relaxed);
    while ((seen & sequence_mask) < n) {
        auto next = (seen & ~sequence_mask) | (n & sequence_mask);
        if (word.compare_exchange_weak(seen, next, std::memory_order_seq_cst, std::memory_order_relaxed)) {
            return state_->note_touched(slot);
        }
    }
}

void Ledger::watch(std::span<const Dependency> dependencies) {
    for (auto dependency : dependencies) {
        auto slot = dependency.slot & state_->mask;
        state_->watched[slot / 64].fetch_or(State::bit_of(slot), std::memory_order_seq_cst);
    }
}

void Ledger::unwatch(std::uint32_t slot) noexcept {
    slot &= static_cast<std::uint32_t>(state_->mask);
    state_->watched[slot / 64].fetch_and(~State::bit_of(slot), std::memory_order_seq_cst);
}

Ledger::Touched Ledger::take_touched() {
    std::lock_guard lock(state_->touched_mutex);
    return std::exchange(state_->touched, {});
}

Ledger::Registry Ledger::registry() const {
    std::shared_lock lock(state_->mutex);
    Registry out;
    out.next_signature = state_->next_signature;
    for (const auto& [key, entry] : state_->tables) {
        auto end = key.find('\0');
        Registered one{key.substr(0, end), key.substr(end + 1), {}};
        if (entry.definition != 0) {
            one.signature = {entry.definition, {}, {}};
            out.signatures.push_back(one);
        }
        if (!entry.list) continue;
        for (const auto& signature : *entry.list) {
            one.signature = signature;
            out.signatures.push_back(one);
        }
    }
    return out;
}

Result<void> Ledger::restore(Floor applied, const Registry& registry) {
    std::unordered_map<std::string, TableSignatures> tables;
    std::vector<std::uint32_t> ids;
    for (const auto& one : registry.signatures) {
        const auto& signature = one.signature;
        ids.push_back(signature.id);
        if (signature.id == 0 || signature.id >= registry.next_signature) {
            return fail(ErrorCode::invalid, "a saved signature's number is out of range");
        }
        auto& entry = tables[State::table_key(one.schema, one.table)];
        if (signature.columns.empty()) {
            entry.definition = signature.id;
            continue;
        }
        auto list = entry.list ? *entry.list : std::vector<Signature>{};
        list.push_back(signature);
        if (list.size() > signatures_per_table) return fail(ErrorCode::invalid, "a table has too many saved signatures");
        entry.list = std::make_shared<const std::vector<Signature>>(std::move(list));
    }
    std::sort(ids.begin(), ids.end());
    bool twice = std::adjacent_find(ids.begin(), ids.end()) != ids.end();
    if (twice || registry.next_signature > signatures_count) {
        return fail(ErrorCode::invalid, "the saved signatures' numbers are not those of one ledger");
    }
    // Ids that were dropped stay so.
    for (std::uint32_t id = 1; id < registry.next_signature; ++id) {
        bool alive = std::binary_search(ids.begin(), ids.end(), id);
        state_->births[id].store(alive ? 0 : never_again, std::memory_order_release);
    }
    std::unique_lock lock(state_->mutex);
    state_->tables = std::move(tables);
    state_->next_signature = registry.next_signature;
    for (auto* mark : {&state_->started, &state_->applied, &state_->watermark}) {
        mark->store(applied.n, std::memory_order_release);
    }
    state_->epoch.store(applied.epoch, std::memory_order_release);
    return {};
}

void Ledger::publish(Sequence n) noexcept {
    raise_to(state_->applied, n);
}

void Ledger::advance_watermark(Sequence n) noexcept {
    raise_to(state_->watermark, n);
}

// The rest before the epoch's number, so that whoever holds a floor of the epoch sees it.
Sequence Ledger::new_epoch(Rights rights) noexcept {
    {
        std::unique_lock lock(state_->mutex);
        for (const auto& [key, entry] : state_->tables) state_->bury(entry);
        state_->tables.clear();
    }
    auto n = begin_group();
    if (rights == Rights::perhaps_changed) raise_to(state_->rights, n);
    state_->epoch_first.store(n, std::memory_order_release);
    state_->epoch.fetch_add(1, std::memory_order_acq_rel);
    return n;
}

void Ledger::mark_dirty(Dependency dependency) noexcept {
    state_->stamps[dependency.slot & state_->mask].fetch_add(one_mark, std::memory_order_acq_rel);
}

// The write is visible by now. A fill that took its floor before has a smaller one; a fill that takes its floor after
// reads what was written.
void Ledger::settle(Dependency dependency) noexcept {
    auto n = begin_group();
    stamp(dependency, n);
    state_->stamps[dependency.slot & state_->mask].fetch_sub(one_mark, std::memory_order_acq_rel);
    publish(n);
    advance_watermark(n);
}

}  // namespace sabil::invalidation
