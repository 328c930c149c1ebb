#include "proxy/persistence/log_files.h"

#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace sabil::proxy::persistence {
namespace {

bool is_folder(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

Result<LogWriter::File> opened(const std::string& path) {
    auto descriptor = cache::open_for_append(path);
    if (!descriptor) return tl::unexpected(descriptor.error());
    auto bytes = cache::file_bytes(path);
    if (!bytes) return tl::unexpected(bytes.error());
    return LogWriter::File{std::move(*descriptor), *bytes};
}

}  // namespace

Result<void> LogFiles::open(const Options& options, bool adopt_old) {
    std::lock_guard lock(mutex_);
    folder_ = options.log_folder;
    name_ = options.log_name;
    manifest_ = {};
    if (is_folder(folder_)) {
        auto text = cache::read_file(manifest_path(), cache::AofManifest::file_bytes_max);
        if (!text && text.error().code != ErrorCode::not_found) return tl::unexpected(text.error());
        if (text) {
            auto manifest = cache::AofManifest::parse(*text);
            if (!manifest) {
                return fail(ErrorCode::invalid, "'" + manifest_path() + "': " + manifest.error().message);
            }
            manifest_ = std::move(*manifest);
            for (const auto& file : manifest_.history) {
                if (manifest_.base && file.name == manifest_.base->name) {
                    return fail(ErrorCode::invalid, "'" + manifest_path() + "': the base is history as well");
                }
            }
            return adopt_old ? finish_adoption() : Result<void>{};
        }
    }
    return adopt_old ? adopt_old_file() : Result<void>{};
}

// The server before was ended between the manifest and the move.
Result<void> LogFiles::finish_adoption() {
    const bool old_only = manifest_.base && manifest_.base->name == name_ && manifest_.increments.empty();
    if (!old_only || cache::file_bytes(folder_ + "/" + name_) || !cache::file_bytes(name_)) return {};
    return cache::rename_durably(name_, folder_ + "/" + name_);
}

// Up to version 6 the log was one file beside the RDB file: it becomes the base.
Result<void> LogFiles::adopt_old_file() {
    auto size = cache::file_bytes(name_);
    if (!size) return size.error().code == ErrorCode::not_found ? Result<void>{} : tl::unexpected(size.error());
    if (auto made = cache::make_folder(folder_); !made) return made;
    cache::AofManifest manifest;
    manifest.base = cache::AofFile{name_, 1};
    manifest.base_sequence = 1;
    // The manifest first: where the move fails the server does not start, and the old file is where it was.
    if (auto written = write_manifest(manifest); !written) return written;
    if (auto moved = cache::rename_durably(name_, folder_ + "/" + name_); !moved) {
        ::unlink(manifest_path().c_str());
        return moved;
    }
    spdlog::info("Successfully migrated an old-style AOF configuration ({}) into the AOF dir ({}).", name_, folder_);
    manifest_ = std::move(manifest);
    return {};
}

Result<void> LogFiles::write_manifest(const cache::AofManifest& manifest) {
    return cache::replace_file(manifest_path(), folder_ + "/temp-" + name_ + ".manifest", manifest.text());
}

bool LogFiles::empty() const {
    std::lock_guard lock(mutex_);
    return manifest_.empty();
}

cache::AofManifest LogFiles::manifest() const {
    std::lock_guard lock(mutex_);
    return manifest_;
}

Result<LogWriter::File> LogFiles::open_last_increment() {
    {
        std::lock_guard lock(mutex_);
        if (!manifest_.increments.empty()) return opened(path(manifest_.increments.back()));
    }
    return add_increment();
}

Result<LogWriter::File> LogFiles::add_increment() {
    std::lock_guard lock(mutex_);
    if (auto made = cache::make_folder(folder_); !made) return tl::unexpected(made.error());
    auto manifest = manifest_;
    manifest.increments.push_back(manifest.next_increment(name_));
    const auto new_path = path(manifest.increments.back());
    // A file of this name is left from a change that was not completed: nothing in it was ever part of the log.
    ::unlink(new_path.c_str());
    auto file = opened(new_path);
    if (!file) return file;
    if (auto written = write_manifest(manifest); !written) {
        ::unlink(new_path.c_str());
        return tl::unexpected(written.error());
    }
    manifest_ = std::move(manifest);
    return file;
}

Result<LogWriter::File> LogFiles::open_first_increment() {
    std::lock_guard lock(mutex_);
    if (auto made = cache::make_folder(folder_); !made) return tl::unexpected(made.error());
    ::unlink(first_increment_path().c_str());
    return opened(first_increment_path());
}

void LogFiles::drop_first_increment() {
    std::lock_guard lock(mutex_);
    ::unlink(first_increment_path().c_str());
}

Result<void> LogFiles::install_base(const std::string& temporary, bool rdb, std::uint64_t increments_from) {
    std::lock_guard lock(mutex_);
    if (auto made = cache::make_folder(folder_); !made) return made;
    auto manifest = manifest_;
    // The newest first, as Redis writes it.
    if (manifest.base) manifest.history.insert(manifest.history.begin(), std::move(*manifest.base));
    manifest.base = manifest.next_base(name_, rdb);
    const auto kept = std::find_if(manifest.increments.begin(), manifest.increments.end(), [&](const auto& file) {
        return increments_from != 0 && file.sequence >= increments_from;
    });
    manifest.history.insert(manifest.history.begin(), manifest.increments.begin(), kept);
    manifest.increments.erase(manifest.increments.begin(), kept);
    if (increments_from == 0) {
        manifest.increments.push_back(manifest.next_increment(name_));
        auto moved = cache::rename_durably(first_increment_path(), path(manifest.increments.back()));
        if (!moved) return moved;
    }
    const auto base_path = path(*manifest.base);
    if (auto moved = cache::rename_durably(temporary, base_path); !moved) return moved;
    if (auto written = write_manifest(manifest); !written) {
        ::unlink(base_path.c_str());
        if (increments_from == 0) ::rename(path(manifest.increments.back()).c_str(), first_increment_path().c_str());
        return written;
    }
    manifest_ = std::move(manifest);
    return {};
}

Result<void> LogFiles::drop_history() {
    std::lock_guard lock(mutex_);
    if (manifest_.history.empty()) return {};
    auto manifest = manifest_;
    for (const auto& file : manifest.history) {
        if (::unlink(path(file).c_str()) != 0 && errno != ENOENT) {
            spdlog::warn("cannot delete '{}', which is no part of the append-only file any more", path(file));
        }
    }
    manifest.history.clear();
    auto written = write_manifest(manifest);
    if (written) manifest_ = std::move(manifest);
    return written;
}

std::uint64_t LogFiles::bytes() const {
    std::lock_guard lock(mutex_);
    std::uint64_t total = 0;
    if (manifest_.base) total += cache::file_bytes(path(*manifest_.base)).value_or(0);
    for (const auto& file : manifest_.increments) total += cache::file_bytes(path(file)).value_or(0);
    return total;
}

std::uint64_t LogFiles::base_bytes() const {
    std::lock_guard lock(mutex_);
    return manifest_.base ? cache::file_bytes(path(*manifest_.base)).value_or(0) : 0;
}

}  // namespace sabil::proxy::persistence
