#include "proxy/persistence/filled_restore.h"

#include <algorithm>
#include <optional>

#include "cache/base/bytes.h"
#include "cache/base/hash.h"
#include "cache/persist/filled_value.h"
#include "cache/store/database.h"
#include "cache/store/lock_set.h"
#include "proxy/coherence/coherence.h"
#include "proxy/persistence/filled_snapshot.h"

namespace sabil::proxy::persistence {
namespace {

// What follows the line for people, if it is whole.
std::optional<std::string_view> content(std::string_view record) {
    ByteReader in(record);
    (void)in.take_until('\0');
    const auto hash = in.u64();
    const auto bytes = in.take_rest();
    if (!in.ok() || hash != hash_bytes(bytes)) return std::nullopt;
    return bytes;
}

std::string read_text(ByteReader& in) {
    return std::string(in.take(in.u32()));
}

}  // namespace

void FilledRestore::take(std::string_view name, std::string_view value) {
    if (name == filled_head_name) {
        clear();
        head_ = value;
    } else if (name == filled_entries_name) {
        records_.emplace_back(value);
    }
}

void FilledRestore::clear() {
    *this = FilledRestore();
}

// Their number is not worth reading them for.
void FilledRestore::drop_all(std::string reason) {
    for (const auto& record : records_) {
        const auto bytes = content(record);
        outcome_.dropped += bytes ? ByteReader(*bytes).u32() : 1;
    }
    outcome_.reason = std::move(reason);
    records_.clear();
    head_.clear();
    save_point_.clear();
}

bool FilledRestore::read_head(std::string_view bytes, std::string_view settings, std::uint64_t purges) {
    ByteReader in(bytes);
    if (in.u32() != filled_format || read_text(in) != SABIL_VERSION) {
        drop_all("they were saved by another version");
        return false;
    }
    const bool same_settings = read_text(in) == settings;
    const bool same_purges = in.u64() == purges;
    save_point_ = read_text(in);
    epoch_ = in.u64();
    const auto faces = in.u16();
    for (std::uint16_t i = 0; i < faces && in.ok(); ++i) {
        auto name = read_text(in);
        faces_.push_back({std::move(name), read_text(in)});
    }
    if (!in.ok() || !in.at_end()) {
        drop_all("the head of what was saved is damaged");
    } else if (!same_settings) {
        drop_all("another database, account or time to live is configured");
    } else if (!same_purges) {
        drop_all("a purge came after they were saved");
    } else {
        return true;
    }
    return false;
}

std::string FilledRestore::save_point(std::string_view settings, std::uint64_t purges) {
    if (records_.empty()) {
        clear();
        return {};
    }
    const auto head = content(head_);
    if (!head) {
        drop_all("the head of what was saved is damaged");
        return {};
    }
    if (!read_head(*head, settings, purges)) return {};
    return save_point_;
}

FilledRestore::Outcome FilledRestore::restore(cache::Keyspace& keyspace, const Coherence& coherence,
                                              const std::vector<FillKeeper*>& keepers) {
    if (!records_.empty() && !coherence.resumed()) {
        auto why = coherence.status().not_resumed;
        drop_all(why.empty() ? "it cannot be shown that they still hold" : std::move(why));
    }
    if (const auto now = coherence.status(); !records_.empty() && now.epoch != epoch_) {
        drop_all("a new epoch began: " + now.epoch_reason);
    }
    for (const auto& face : faces_) {
        auto keeper = std::find_if(keepers.begin(), keepers.end(), [&](auto* one) { return one->name() == face.name; });
        const bool usable = keeper != keepers.end() && (*keeper)->begin_restore(face.shared);
        keepers_.push_back(usable ? *keeper : nullptr);
    }
    for (auto& record : records_) {
        restore_record(record, keyspace, coherence);
        std::string().swap(record);
    }
    auto outcome = std::move(outcome_);
    clear();
    return outcome;
}

void FilledRestore::restore_record(std::string_view record, cache::Keyspace& keyspace, const Coherence& coherence) {
    const auto bytes = content(record);
    if (!bytes) {
        ++outcome_.dropped;
        outcome_.reason = "a record is damaged";
        return;
    }
    ByteReader in(*bytes);
    const auto count = std::min(in.u32(), entries_per_record_max);
    for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
        SavedFill fill;
        const auto face = in.u8();
        fill.database = in.u32();
        fill.key = read_text(in);
        const auto expiry = static_cast<std::int64_t>(in.u64());
        fill.proof.floor = {in.u64(), epoch_};
        const auto dependencies = in.u16();
        for (std::uint16_t k = 0; k < dependencies && in.ok(); ++k) {
            invalidation::Dependency dependency;
            dependency.slot = in.u32();
            dependency.signature = in.u32();
            fill.proof.dependencies.push_back(dependency);
        }
        fill.own = read_text(in);
        const auto value = in.take(in.u32());
        auto read = cache::read_filled_value(value, {keyspace.tunables().encodings, keyspace.now()});
        if (!in.ok() || !read || fill.database > keyspace.internal_database()) {
            outcome_.dropped += count - i;
            outcome_.reason = "a record is damaged";
            return;
        }
        fill.value = std::move(*read);
        const auto refused = restore_one(face, std::move(fill), keyspace, coherence, expiry);
        if (refused.empty()) {
            ++outcome_.restored;
        } else {
            ++outcome_.dropped;
            outcome_.reason = refused;
        }
    }
}

// Empty: it is in the store; else why not.
std::string_view FilledRestore::restore_one(std::uint8_t face, SavedFill fill, cache::Keyspace& keyspace,
                                            const Coherence& coherence, std::int64_t expiry_ms) {
    std::optional<WallTime> expiry;
    if (expiry_ms >= 0) expiry = WallTime(std::chrono::milliseconds(expiry_ms));
    if (expiry && *expiry <= keyspace.now()) return "their time to live ended meanwhile";
    if (keyspace.over_budget()) return "maxmemory leaves no room";
    if (!coherence.storable(fill.proof.dependencies, fill.proof.floor)) return "their rows changed meanwhile";
    auto* keeper = face < keepers_.size() ? keepers_[face] : nullptr;
    auto provenance = keeper == nullptr ? nullptr : keeper->revive(fill);
    if (provenance == nullptr) return "lookups or rules are not what they were";
    const cache::KeyRef key(fill.key);
    const cache::LockSet lock(keyspace, key);
    cache::Database database(keyspace, fill.database);
    const auto filled = database.fill(key, std::move(fill.value), std::move(provenance), expiry);
    return filled == cache::Filled::stored ? std::string_view{} : "the key belongs to clients now";
}

}  // namespace sabil::proxy::persistence
