// A forked child that writes the data set as it was at the moment of the fork, while the server goes on.
//
// Only the forking thread is in the child, and locks of others stay as they were: the child touches nothing but the
// store, memory (the C library keeps its allocator usable) and its own files. It does not log; what it has to say goes
// through a pipe. It never renames anything: its file takes its place only when the parent has heard that it is whole.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>

#include "cache/base/result.h"
#include "cache/persist/durable_file.h"

namespace sabil::proxy::persistence {

// In the child: tells the parent how far it is. Thread-safety: one thread.
class ChildReporter {
  public:
    explicit ChildReporter(int descriptor) noexcept : descriptor_(descriptor) {}
    void progress(std::uint64_t keys);

  private:
    friend class Child;
    void finish(std::uint64_t bytes, const std::string& error);
    void send(std::uint64_t keys, std::uint64_t bytes, bool final, const std::string& error);

    int descriptor_;
    std::int64_t asked_at_ms_ = 0;
    std::uint64_t keys_ = 0;
    std::uint64_t copied_bytes_ = 0;
};

// Thread-safety: one thread, which must live at least as long as the child: the child ends with it.
class Child {
  public:
    // Written bytes.
    using Work = std::function<Result<std::uint64_t>(ChildReporter& reporter)>;
    // Forks; the caller holds every slice. `name` is what the child is called in lists of processes.
    static Result<Child> start(const char* name, const Work& work);
    Child(Child&& other) noexcept;
    Child& operator=(Child&&) = delete;
    ~Child();  // kills it where it still runs

    pid_t pid() const noexcept { return pid_; }
    std::uint64_t keys() const noexcept { return keys_; }
    std::uint64_t written_bytes() const noexcept { return written_bytes_; }
    std::uint64_t copied_bytes() const noexcept { return copied_bytes_; }  // memory that had to be copied: the newest
    std::uint64_t copied_bytes_peak() const noexcept { return copied_bytes_peak_; }
    // Takes what it has reported. True where it has ended.
    bool ended();
    // After that: its error, or how it died; empty: all is well.
    const std::string& error() const noexcept { return error_; }
    bool killed_by_us() const noexcept { return killed_; }
    void kill();

  private:
    Child(pid_t pid, cache::FileDescriptor pipe) : pid_(pid), pipe_(std::move(pipe)) {}
    void read_reports();

    pid_t pid_;
    cache::FileDescriptor pipe_;
    std::uint64_t keys_ = 0;
    std::uint64_t written_bytes_ = 0;
    std::uint64_t copied_bytes_ = 0;
    std::uint64_t copied_bytes_peak_ = 0;
    bool final_ = false;
    bool killed_ = false;
    std::string error_;
};

}  // namespace sabil::proxy::persistence
