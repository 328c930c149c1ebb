#include <optional>
#include <string>

#include "cache/persist/rdb_file.h"
#include "cache/persist/rdb_format.h"
#include "cache/persist/rdb_value.h"
#include "cache/store/database.h"
#include "cache/store/lock_set.h"

namespace sabil::cache {
namespace {

class RdbLoader {
  public:
    RdbLoader(RdbDecoder& from, Keyspace& keyspace, const RdbLoadOptions& options)
        : from_(from), keyspace_(keyspace), options_(options) {}

    Result<RdbLoadResult> load() {
        read_header();
        bool going = true;
        while (going && from_.ok()) going = read_record();
        if (from_.ok()) read_checksum();
        if (!from_.ok()) return tl::unexpected(from_.error());
        result_.bytes = from_.position();
        return result_;
    }

  private:
    // What precedes a key and concerns it alone.
    struct Attributes {
        std::optional<WallTime> expiry;
        std::optional<std::chrono::seconds> idle;
        std::optional<unsigned> frequency;
    };

    void read_header() {
        const auto magic = from_.raw(9);
        if (!from_.ok()) return;
        const auto digits = std::string_view(magic).substr(5);
        const bool numeric = digits.find_first_not_of("0123456789") == std::string_view::npos;
        if (!magic.starts_with("REDIS") || !numeric) {
            from_.fail("not an RDB file: it does not begin with REDIS and a version");
            return;
        }
        result_.version = static_cast<unsigned>(std::stoul(std::string(digits)));
        if (result_.version < rdb::oldest_version || result_.version > rdb::newest_version) {
            from_.fail("RDB version " + std::to_string(result_.version) + " is not supported (1 to " +
                       std::to_string(rdb::newest_version) + " are)");
        }
    }

    // One opcode or key; false at the end of the file.
    bool read_record() {
        const auto first = from_.byte();
        if (!from_.ok()) return false;
        switch (static_cast<rdb::Opcode>(first)) {
            case rdb::Opcode::end:
                return false;
            case rdb::Opcode::database:
                select(from_.length());
                break;
            case rdb::Opcode::resize:
                (void)from_.length();
                (void)from_.length();
                break;
            case rdb::Opcode::slot_info:
                for (int i = 0; i < 3; ++i) (void)from_.length();
                break;
            case rdb::Opcode::aux:
                read_aux();
                break;
            case rdb::Opcode::function:
                read_function();
                break;
            case rdb::Opcode::module_aux:
                from_.fail("the file holds a module's data, which only that module can read");
                break;
            case rdb::Opcode::expiry_ms:
                attributes_.expiry = time_of(static_cast<std::int64_t>(from_.little_endian(8)));
                break;
            case rdb::Opcode::expiry_seconds:
                attributes_.expiry = time_of(static_cast<std::int32_t>(from_.little_endian(4)) * std::int64_t{1000});
                break;
            case rdb::Opcode::idle:
                attributes_.idle = std::chrono::seconds(from_.length());
                break;
            case rdb::Opcode::frequency:
                attributes_.frequency = from_.byte();
                break;
            default:
                read_key(first);
        }
        return true;
    }

    static WallTime time_of(std::int64_t ms) noexcept { return WallTime(std::chrono::milliseconds(ms)); }

    void select(std::uint64_t database) {
        if (database >= keyspace_.databases_count()) {
            from_.fail("database " + std::to_string(database) + " is above `databases " +
                       std::to_string(keyspace_.databases_count()) + "`: raise it in the configuration");
            return;
        }
        database_ = static_cast<unsigned>(database);
    }

    void read_aux() {
        const auto name = from_.string();
        const auto value = from_.string();
        if (from_.ok() && options_.aux) options_.aux(name, value);
    }

    void read_function() {
        const auto code = from_.string();
        if (!from_.ok() || !options_.function) return;
        if (auto loaded = options_.function(code); !loaded) from_.fail("a function library: " + loaded.error().message);
    }

    void read_key(std::uint8_t type) {
        const auto name = from_.string();
        if (!from_.ok()) return;
        const auto now = options_.drop_expired ? keyspace_.now() : WallTime::min();
        auto value = load_rdb_value(type, from_, {keyspace_.tunables().encodings, now});
        const auto attributes = std::exchange(attributes_, {});
        if (!value || is_empty_container(*value)) return;
        if (attributes.expiry && *attributes.expiry <= now && options_.drop_expired) {
            ++result_.expired;
            return;
        }
        store(name, std::move(*value), attributes);
        if (++result_.keys % options_.keys_per_progress == 0 && options_.progress) {
            if (auto going = options_.progress(result_.keys, from_.position()); !going) from_.fail(going.error().message);
        }
    }

    void store(const std::string& name, Value value, const Attributes& attributes) {
        const KeyRef key(name);
        LockSet lock(keyspace_, key);
        Database db(keyspace_, database_);
        if (!options_.replace_existing && db.peek(key) != nullptr) {
            from_.fail("the key '" + name + "' is there twice");
            return;
        }
        db.replace(key, std::move(value), attributes.expiry);
        if (attributes.idle) db.set_idle(key, *attributes.idle);
        if (attributes.frequency) db.set_frequency(key, *attributes.frequency);
    }

    void read_checksum() {
        constexpr unsigned first_with_checksum = 5;
        if (result_.version < first_with_checksum) return;
        const auto computed = from_.crc();
        const auto written = from_.little_endian(8);
        if (!from_.ok() || !options_.checksum || written == 0) return;
        if (written != computed) from_.fail("the checksum is wrong (CRC error): the file is damaged");
    }

    RdbDecoder& from_;
    Keyspace& keyspace_;
    const RdbLoadOptions& options_;
    RdbLoadResult result_;
    Attributes attributes_;
    unsigned database_ = 0;
};

}  // namespace

Result<RdbLoadResult> load_rdb(RdbDecoder& from, Keyspace& keyspace, const RdbLoadOptions& options) {
    return RdbLoader(from, keyspace, options).load();
}

}  // namespace sabil::cache
