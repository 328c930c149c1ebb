#include "proxy/persistence/data_loader.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "cache/persist/durable_file.h"
#include "cache/persist/rdb_file.h"
#include "proxy/resp/args.h"

namespace sabil::proxy::persistence {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::uint64_t records_per_progress = 1024;
constexpr auto say_each = std::chrono::seconds(3);

auto damaged(const std::string& path, const std::string& why) {
    return fail(ErrorCode::invalid, "Bad file format reading the append only file '" + path + "': " + why +
                                        ". Make a backup of it; redis-check-aof --fix can cut it there");
}

// A word of unknown origin, for the log.
std::string printable(std::string_view word) {
    constexpr std::size_t shown_bytes = 64;
    std::string out(word.substr(0, shown_bytes));
    for (auto& c : out) {
        if (c < ' ' || c > '~') c = '?';
    }
    return out;
}

bool is_rdb(const std::string& path) {
    auto source = cache::FileSource::open(path);
    char magic[5] = {};
    return source && source->read(magic, sizeof magic).value_or(0) == sizeof magic &&
           std::string_view(magic, sizeof magic) == "REDIS";
}

}  // namespace

DataLoader::DataLoader(cache::Keyspace& keyspace, Replay& replay, const Options& options, LoadingState& state,
                       std::function<bool()> stop)
    : keyspace_(keyspace),
      replay_(replay),
      options_(options),
      state_(state),
      stop_(std::move(stop)),
      said_at_(Steady::now()) {
    keyspace_.tunables().lazy_expiry = false;
}

DataLoader::~DataLoader() {
    keyspace_.tunables().lazy_expiry = true;
}

Result<void> DataLoader::progress(std::uint64_t bytes_of_file) {
    const auto loaded = bytes_before_ + bytes_of_file;
    state_.loaded_bytes.store(loaded, std::memory_order_relaxed);
    if (stop_ && stop_()) return fail(ErrorCode::timeout, "the load was interrupted by a signal");
    if (Steady::now() - said_at_ < say_each) return {};
    said_at_ = Steady::now();
    const auto total = state_.total_bytes.load(std::memory_order_relaxed);
    spdlog::info("loading: {}% of {} bytes, {} keys", total == 0 ? 0 : loaded * 100 / total, total,
                 state_.keys_loaded.load());
    return {};
}

Result<std::uint64_t> DataLoader::load_rdb(const std::string& path, bool log_base, bool replace_existing) {
    auto source = cache::FileSource::open(path);
    if (!source) return tl::unexpected(source.error());
    cache::RdbDecoder decoder(*source);
    cache::RdbLoadOptions load;
    load.checksum = options_.rdb_checksum;
    load.drop_expired = !log_base;
    load.replace_existing = replace_existing;
    load.aux = aux_;
    load.function = [this](std::string_view code) { return replay_.load_library(code); };
    load.keys_per_progress = options_.load_delay.count() == 0 ? 1024 : 1;
    load.progress = [&](std::uint64_t keys, std::uint64_t bytes) -> Result<void> {
        if (options_.load_delay.count() > 0) ::usleep(static_cast<useconds_t>(options_.load_delay.count()));
        state_.keys_loaded.store(keys, std::memory_order_relaxed);
        return progress(bytes);
    };
    auto loaded = cache::load_rdb(decoder, keyspace_, load);
    if (!loaded) return fail(loaded.error().code, "'" + path + "': " + loaded.error().message);
    state_.keys_loaded = loaded->keys;
    state_.keys_expired = loaded->expired;
    return loaded->bytes;
}

Result<void> DataLoader::load_rdb_file(const std::string& path, bool replace_existing) {
    auto bytes = cache::file_bytes(path);
    if (!bytes) return tl::unexpected(bytes.error());
    state_.total_bytes = *bytes;
    const auto began = Steady::now();
    auto loaded = load_rdb(path, false, replace_existing);
    if (!loaded) return tl::unexpected(loaded.error());
    const std::chrono::duration<double> took = Steady::now() - began;
    spdlog::info("Done loading RDB, keys loaded: {}, keys expired: {}.", state_.keys_loaded.load(),
                 state_.keys_expired.load());
    spdlog::info("DB loaded from disk: {:.3f} seconds", took.count());
    return {};
}

Result<void> DataLoader::load_log(const LogFiles& files) {
    const auto manifest = files.manifest();
    std::vector<cache::AofFile> all;
    if (manifest.base) all.push_back(*manifest.base);
    all.insert(all.end(), manifest.increments.begin(), manifest.increments.end());
    state_.total_bytes = files.bytes();
    const auto began = Steady::now();
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto path = files.path(all[i]);
        auto bytes = cache::file_bytes(path);
        if (!bytes) return fail(bytes.error().code, "The AOF file " + all[i].name + " is in the manifest: " + bytes.error().message);
        if (auto loaded = load_log_file(path, i + 1 == all.size()); !loaded) return loaded;
        bytes_before_ += *bytes;
        const bool base = i == 0 && manifest.base;
        const std::chrono::duration<double> took = Steady::now() - began;
        spdlog::info("DB loaded from {} file {}: {:.3f} seconds", base ? "base" : "incr", all[i].name, took.count());
    }
    if (failed_commands_ != 0) {
        spdlog::warn("{} commands of the append-only file were answered with errors", failed_commands_);
    }
    const std::chrono::duration<double> took = Steady::now() - began;
    spdlog::info("DB loaded from append only file: {:.3f} seconds", took.count());
    return {};
}

Result<void> DataLoader::load_log_file(const std::string& path, bool last) {
    std::uint64_t offset = 0;
    if (is_rdb(path)) {
        spdlog::info("Reading RDB base file on AOF loading...");
        auto loaded = load_rdb(path, true, false);
        if (!loaded) return tl::unexpected(loaded.error());
        offset = *loaded;
    }
    return read_records(path, offset, last);
}

Result<void> DataLoader::read_records(const std::string& path, std::uint64_t offset, bool last) {
    auto source = cache::FileSource::open(path, offset);
    if (!source) return tl::unexpected(source.error());
    cache::AofReader reader(*source, offset);
    replay_.begin_file();
    whole_ = offset;
    in_transaction_ = false;
    transaction_.clear();
    for (std::uint64_t records = 1;; ++records) {
        const auto status = reader.next();
        if (status == cache::AofReader::Status::damaged) return damaged(path, reader.error());
        if (status == cache::AofReader::Status::truncated) return cut(path, last, reader.position());
        if (status == cache::AofReader::Status::end) break;
        const auto args = reader.args();
        if (resp::equals_ignoring_case(args[0], "multi")) {
            in_transaction_ = true;
            transaction_.clear();
        } else if (in_transaction_ && !resp::equals_ignoring_case(args[0], "exec")) {
            transaction_.emplace_back(args.begin(), args.end());
        } else {
            for (const auto& stored : std::exchange(transaction_, {})) {
                if (auto done = run(stored, path); !done) return done;
            }
            if (!std::exchange(in_transaction_, false)) {
                if (auto done = run(args, path); !done) return done;
            }
        }
        if (!in_transaction_) whole_ = reader.position();
        if (records % records_per_progress == 0 || options_.load_delay.count() > 0) {
            if (auto going = progress(reader.position()); !going) return going;
        }
    }
    if (!in_transaction_) return {};
    spdlog::warn("Revert incomplete MULTI/EXEC transaction from AOF file {}", path);
    return cut(path, last, reader.position());
}

Result<void> DataLoader::run(std::span<const std::string> args, const std::string& path) {
    if (options_.load_delay.count() > 0) ::usleep(static_cast<useconds_t>(options_.load_delay.count()));
    auto error = replay_.run(args);
    if (!error) return {};
    const auto name = printable(args[0]);
    if (!Replay::is_known(args)) {
        return fail(ErrorCode::invalid, "Unknown command '" + name + "' reading the append only file '" + path +
                                            "': Bad file format, or a newer server's file");
    }
    if (failed_commands_++ == 0) spdlog::warn("'{}': {} was answered with {}", path, name, *error);
    return {};
}

// The file ends within a record or a transaction: what a crash leaves of the last one.
Result<void> DataLoader::cut(const std::string& path, bool last, std::uint64_t file_bytes) {
    if (!last) {
        return fail(ErrorCode::invalid, "Fatal error: the truncated file is not the last file: '" + path +
                                            "' ends within a record, and others follow it");
    }
    if (!options_.load_truncated) {
        return fail(ErrorCode::invalid,
                    "Unexpected end of file reading the append only file '" + path + "' at offset " +
                        std::to_string(file_bytes) + ". You can: 1) Make a backup of it, then use redis-check-aof "
                        "--fix. 2) Set the 'aof-load-truncated' configuration option to yes and restart the server");
    }
    spdlog::warn("!!! Warning: short read while loading the AOF file {} !!!", path);
    spdlog::warn("Truncating the AOF {} at offset {}", path, whole_);
    if (::truncate(path.c_str(), static_cast<off_t>(whole_)) != 0) {
        return fail(ErrorCode::io, "Error truncating the AOF file '" + path +
                                       "': " + std::generic_category().message(errno));
    }
    spdlog::warn("AOF {} loaded anyway because aof-load-truncated is enabled", path);
    return {};
}

}  // namespace sabil::proxy::persistence
