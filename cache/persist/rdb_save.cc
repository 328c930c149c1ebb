#include <optional>

#include "cache/eviction/access_clock.h"
#include "cache/persist/crc64.h"
#include "cache/persist/rdb_encoder.h"
#include "cache/persist/rdb_file.h"
#include "cache/persist/rdb_value.h"
#include "cache/store/database.h"

namespace sabil::cache {
namespace {

// Owned keys of one database that are to be written.
template <class Visit>
void for_each_owned(Keyspace& keyspace, unsigned database, Visit visit) {
    Database(keyspace, database, true).for_each([&](const KeyRef&, const Entry& entry) {
        if (!entry.filled() && has_rdb_form(entry)) visit(entry);
    });
}

class RdbSaver {
  public:
    RdbSaver(Keyspace& keyspace, const RdbSaveOptions& options, ByteSink& sink)
        : keyspace_(keyspace), options_(options), sink_(sink), encoder_(buffer_, options.compress) {
        encoder_.flush_into([](void* self, std::string&) { static_cast<RdbSaver*>(self)->flush(); }, this);
    }

    Result<RdbSaveResult> save() {
        const auto version = pick_version();
        encoder_.raw("REDIS00" + std::string(version < 10 ? "0" : "") + std::to_string(version));
        for (const auto& [name, value] : options_.aux) save_aux(name, value);
        for (const auto& code : options_.functions) {
            encoder_.opcode(rdb::Opcode::function);
            encoder_.blob(code);
        }
        for (unsigned database = 0; database < keyspace_.databases_count(); ++database)
            save_database(database, version);
        if (options_.more_aux) {
            options_.more_aux([this](std::string_view name, std::string_view value) { save_aux(name, value); });
        }
        encoder_.opcode(rdb::Opcode::end);
        flush();
        encoder_.little_endian(options_.checksum ? crc_ : 0, 8);
        flush();
        if (failed_) return tl::unexpected(*failed_);
        return result_;
    }

  private:
    void save_aux(std::string_view name, std::string_view value) {
        encoder_.opcode(rdb::Opcode::aux);
        encoder_.string(name);
        encoder_.string(value);
        encoder_.settle();
    }

    // Fields with expiries need a version that older readers refuse, so it is used only where there are any.
    unsigned pick_version() {
        auto version = rdb::written_version;
        for (unsigned database = 0; database < keyspace_.databases_count(); ++database) {
            for_each_owned(keyspace_, database, [&](const Entry& entry) {
                const auto* hash = entry.get<Hash>();
                if (hash != nullptr && hash->has_field_expiry()) version = rdb::field_expiry_version;
            });
        }
        return version;
    }

    void save_database(unsigned database, unsigned version) {
        std::uint64_t keys = 0;
        std::uint64_t expiring = 0;
        for_each_owned(keyspace_, database, [&](const Entry& entry) {
            ++keys;
            expiring += entry.has_expiry() ? 1U : 0U;
        });
        if (keys == 0) return;
        encoder_.opcode(rdb::Opcode::database);
        encoder_.length(database);
        encoder_.opcode(rdb::Opcode::resize);
        encoder_.length(keys);
        encoder_.length(expiring);
        for_each_owned(keyspace_, database, [&](const Entry& entry) {
            if (!failed_) save_entry(entry, version);
        });
    }

    void save_entry(const Entry& entry, unsigned version) {
        if (const auto at = entry.expiry()) {
            encoder_.opcode(rdb::Opcode::expiry_ms);
            encoder_.little_endian(static_cast<std::uint64_t>(at->time_since_epoch().count()), 8);
        }
        save_access(entry);
        const auto type = rdb_type_of(entry, version);
        encoder_.type(type);
        encoder_.string(entry.key());
        save_rdb_value(entry, type, encoder_);
        encoder_.settle();
        ++result_.keys;
        if (options_.progress && result_.keys % options_.keys_per_progress == 0) options_.progress(result_.keys);
    }

    // As Redis: only where the policy in force would make use of it again.
    void save_access(const Entry& entry) {
        const AccessRules rules{keyspace_.tunables().maxmemory_policy, keyspace_.tunables().lfu_log_factor,
                                keyspace_.tunables().lfu_decay_minutes};
        if (counts_frequency(rules.policy)) {
            encoder_.opcode(rdb::Opcode::frequency);
            encoder_.byte(static_cast<std::uint8_t>(access_frequency(entry.access(), rules, keyspace_.now())));
        } else if (rules.policy == EvictionPolicyName::allkeys_lru ||
                   rules.policy == EvictionPolicyName::volatile_lru) {
            encoder_.opcode(rdb::Opcode::idle);
            encoder_.length(static_cast<std::uint64_t>(idle_time(entry.access(), keyspace_.now()).count()));
        }
    }

    void flush() {
        if (!failed_) {
            if (options_.checksum) crc_ = crc64(crc_, buffer_);
            result_.bytes += buffer_.size();
            if (auto written = sink_.write(buffer_); !written) failed_ = written.error();
        }
        buffer_.clear();
    }

    Keyspace& keyspace_;
    const RdbSaveOptions& options_;
    ByteSink& sink_;
    std::string buffer_;
    RdbEncoder encoder_;
    std::uint64_t crc_ = 0;
    RdbSaveResult result_;
    std::optional<Error> failed_;
};

}  // namespace

Result<RdbSaveResult> save_rdb(Keyspace& keyspace, const RdbSaveOptions& options, ByteSink& sink) {
    return RdbSaver(keyspace, options, sink).save();
}

}  // namespace sabil::cache
