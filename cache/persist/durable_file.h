// Files on disk, written so that whoever reads them finds the old content or the new, whole: the new one is written
// under another name, brought to disk, renamed over the old one, and the folder is brought to disk as well.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cache/base/result.h"
#include "cache/persist/byte_sink.h"
#include "cache/persist/rdb_decoder.h"

namespace sabil::cache {

// An open descriptor, closed at the end. Thread-safety: one thread.
class FileDescriptor {
  public:
    FileDescriptor() noexcept = default;
    explicit FileDescriptor(int number) noexcept : number_(number) {}
    FileDescriptor(FileDescriptor&& other) noexcept : number_(other.release()) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        if (this != &other) reset(other.release());
        return *this;
    }
    ~FileDescriptor() { reset(); }

    int get() const noexcept { return number_; }
    explicit operator bool() const noexcept { return number_ >= 0; }
    int release() noexcept {
        const int number = number_;
        number_ = -1;
        return number;
    }
    void reset(int number = -1) noexcept;

  private:
    int number_ = -1;
};

// Errors of all below: io, with the path and what the system says.
Result<FileDescriptor> open_for_append(const std::string& path);  // created where it is missing
Result<FileDescriptor> create_file(const std::string& path);      // emptied where it is there
// All of it, however many calls that takes; `written` tells how much of it is in the file after an error.
Result<void> write_whole(int descriptor, std::string_view bytes, std::size_t& written);
Result<void> sync_file(int descriptor);
Result<void> sync_folder(const std::string& folder);
Result<void> make_folder(const std::string& folder);  // and brings its entry to disk; one that is there is fine
// `from` takes the place of `to`, durably. Both must be in the same folder's file system.
Result<void> rename_durably(const std::string& from, const std::string& to);
// Replaces the file by these bytes, by way of `temporary`.
Result<void> replace_file(const std::string& path, const std::string& temporary, std::string_view bytes);
// nullopt-like: not_found where there is no such file; out_of_range above limit_bytes.
Result<std::string> read_file(const std::string& path, std::size_t limit_bytes);
Result<std::uint64_t> file_bytes(const std::string& path);  // not_found where it is missing
std::string folder_of(const std::string& path);

// Writes a new file; large ones go to disk as they grow, so that the last sync is short. Thread-safety: one thread.
class FileSink final : public ByteSink {
  public:
    static constexpr std::size_t sync_each_bytes = 32 << 20;

    explicit FileSink(FileDescriptor file) noexcept : file_(std::move(file)) {}
    Result<void> write(std::string_view bytes) override;
    Result<void> finish();  // to disk, and closed
    std::uint64_t bytes() const noexcept { return bytes_; }

  private:
    FileDescriptor file_;
    std::uint64_t bytes_ = 0;
    std::uint64_t synced_bytes_ = 0;
};

// Thread-safety: one thread.
class FileSource final : public ByteSource {
  public:
    // From this offset on.
    static Result<FileSource> open(const std::string& path, std::uint64_t offset = 0);
    Result<std::size_t> read(char* to, std::size_t size) override;

  private:
    explicit FileSource(FileDescriptor file) noexcept : file_(std::move(file)) {}
    FileDescriptor file_;
};

}  // namespace sabil::cache
