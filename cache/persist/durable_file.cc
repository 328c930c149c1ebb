#include "cache/persist/durable_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace sabil::cache {
namespace {

constexpr mode_t file_mode = 0644;
constexpr mode_t folder_mode = 0755;

std::string reason(int number) {
    return std::generic_category().message(number);
}

tl::unexpected<Error> failed(const std::string& what, const std::string& path) {
    const int number = errno;
    const auto code = number == ENOENT ? ErrorCode::not_found : ErrorCode::io;
    return fail(code, what + " '" + path + "': " + reason(number), static_cast<std::uint16_t>(number));
}

Result<FileDescriptor> open_file(const std::string& path, int flags) {
    FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC, file_mode));
    if (!file) return failed("cannot open", path);
    return file;
}

}  // namespace

void FileDescriptor::reset(int number) noexcept {
    if (number_ >= 0) ::close(number_);
    number_ = number;
}

Result<FileDescriptor> open_for_append(const std::string& path) {
    return open_file(path, O_WRONLY | O_CREAT | O_APPEND);
}

Result<FileDescriptor> create_file(const std::string& path) {
    return open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
}

Result<void> write_whole(int descriptor, std::string_view bytes, std::size_t& written) {
    written = 0;
    while (written < bytes.size()) {
        const auto n = ::write(descriptor, bytes.data() + written, bytes.size() - written);
        if (n < 0 && errno == EINTR) continue;
        // A short write means that there is no room for more: the next call says why.
        if (n < 0) return fail(ErrorCode::io, reason(errno), static_cast<std::uint16_t>(errno));
        if (n == 0) return fail(ErrorCode::io, "the system takes no more bytes");
        written += static_cast<std::size_t>(n);
    }
    return {};
}

Result<void> sync_file(int descriptor) {
    while (::fdatasync(descriptor) != 0) {
        if (errno != EINTR) return fail(ErrorCode::io, reason(errno), static_cast<std::uint16_t>(errno));
    }
    return {};
}

Result<void> sync_folder(const std::string& folder) {
    const FileDescriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!opened) return failed("cannot open the folder", folder);
    // Some file systems know no sync of folders, and need none.
    if (::fsync(opened.get()) != 0 && errno != EINVAL) return failed("cannot bring to disk the folder", folder);
    return {};
}

Result<void> make_folder(const std::string& folder) {
    if (::mkdir(folder.c_str(), folder_mode) == 0) return sync_folder(folder_of(folder));
    struct stat status {};
    if (errno == EEXIST && ::stat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {};
    return failed("cannot make the folder", folder);
}

Result<void> rename_durably(const std::string& from, const std::string& to) {
    if (std::rename(from.c_str(), to.c_str()) != 0) return failed("cannot rename '" + from + "' to", to);
    return sync_folder(folder_of(to));
}

Result<void> replace_file(const std::string& path, const std::string& temporary, std::string_view bytes) {
    auto file = create_file(temporary);
    if (!file) return tl::unexpected(file.error());
    FileSink sink(std::move(*file));
    auto done = sink.write(bytes);
    if (done) done = sink.finish();
    if (done) return rename_durably(temporary, path);
    ::unlink(temporary.c_str());
    done.error().message = "cannot write '" + temporary + "': " + done.error().message;
    return done;
}

Result<std::string> read_file(const std::string& path, std::size_t limit_bytes) {
    auto source = FileSource::open(path);
    if (!source) return tl::unexpected(source.error());
    std::string out;
    char block[16 << 10];
    while (true) {
        auto got = source->read(block, sizeof block);
        if (!got) return tl::unexpected(got.error());
        if (*got == 0) return out;
        out.append(block, *got);
        if (out.size() > limit_bytes) {
            return fail(ErrorCode::out_of_range, "'" + path + "' is larger than " + std::to_string(limit_bytes) + " bytes");
        }
    }
}

Result<std::uint64_t> file_bytes(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return failed("cannot find", path);
    if (!S_ISREG(status.st_mode)) return fail(ErrorCode::invalid, "'" + path + "' is no file");
    return static_cast<std::uint64_t>(status.st_size);
}

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> FileSink::write(std::string_view bytes) {
    std::size_t written = 0;
    auto done = write_whole(file_.get(), bytes, written);
    bytes_ += written;
    if (!done) return done;
    if (bytes_ - synced_bytes_ >= sync_each_bytes) {
        if (auto synced = sync_file(file_.get()); !synced) return synced;
        synced_bytes_ = bytes_;
    }
    return {};
}

Result<void> FileSink::finish() {
    auto synced = sync_file(file_.get());
    if (!synced) return synced;
    if (::close(file_.release()) != 0) return fail(ErrorCode::io, reason(errno), static_cast<std::uint16_t>(errno));
    return {};
}

Result<FileSource> FileSource::open(const std::string& path, std::uint64_t offset) {
    auto file = open_file(path, O_RDONLY);
    if (!file) return tl::unexpected(file.error());
    if (offset != 0 && ::lseek(file->get(), static_cast<off_t>(offset), SEEK_SET) < 0) return failed("cannot read", path);
    return FileSource(std::move(*file));
}

Result<std::size_t> FileSource::read(char* to, std::size_t size) {
    while (true) {
        const auto n = ::read(file_.get(), to, size);
        if (n >= 0) return static_cast<std::size_t>(n);
        if (errno != EINTR) return fail(ErrorCode::io, reason(errno), static_cast<std::uint16_t>(errno));
    }
}

}  // namespace sabil::cache
