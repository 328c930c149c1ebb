#include "proxy/persistence/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <exception>
#include <system_error>
#include <utility>

namespace sabil::proxy::persistence {
namespace {

// One report; small enough to go through the pipe whole.
struct Report {
    std::uint64_t keys;
    std::uint64_t bytes;
    std::uint64_t copied_bytes;
    std::uint8_t final;
    char error[231];
};
static_assert(sizeof(Report) == 256);

std::int64_t now_ms() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1'000'000;
}

// Pages that are this process's own: of a child, those that had to be copied.
std::uint64_t private_bytes() {
    const cache::FileDescriptor file(::open("/proc/self/smaps_rollup", O_RDONLY | O_CLOEXEC));
    if (!file) return 0;
    char text[4096];
    const auto size = ::read(file.get(), text, sizeof text - 1);
    if (size <= 0) return 0;
    text[size] = 0;
    const char* found = std::strstr(text, "Private_Dirty:");
    if (found == nullptr) return 0;
    found += std::strlen("Private_Dirty:");
    while (*found == ' ') ++found;
    std::uint64_t kilobytes = 0;
    std::from_chars(found, text + size, kilobytes);
    return kilobytes << 10;
}

constexpr int pipe_in_child = 3;

// Connections and listeners belong to the parent: they must end with it.
void become_child(const char* name, int pipe, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(1);
    ::prctl(PR_SET_NAME, name);
    if (pipe != pipe_in_child) ::dup2(pipe, pipe_in_child);
    ::close_range(pipe_in_child + 1, ~0U, 0);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

std::string how_it_died(int status) {
    if (WIFSIGNALED(status)) return "terminated by signal " + std::to_string(WTERMSIG(status));
    return "ended with exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

void ChildReporter::progress(std::uint64_t keys) {
    constexpr std::int64_t each_ms = 500;  // asking for the pages costs
    const auto now = now_ms();
    if (now - asked_at_ms_ < each_ms) return;
    asked_at_ms_ = now;
    copied_bytes_ = private_bytes();
    send(keys, 0, false, {});
}

void ChildReporter::finish(std::uint64_t bytes, const std::string& error) {
    copied_bytes_ = private_bytes();
    send(keys_, bytes, true, error);
}

void ChildReporter::send(std::uint64_t keys, std::uint64_t bytes, bool final, const std::string& error) {
    Report report{};
    keys_ = keys;
    report.keys = keys;
    report.bytes = bytes;
    report.copied_bytes = copied_bytes_;
    report.final = final ? 1 : 0;
    error.copy(report.error, sizeof report.error - 1);
    while (::write(descriptor_, &report, sizeof report) < 0 && errno == EINTR) {
    }
}

Result<Child> Child::start(const char* name, const Work& work) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        return fail(ErrorCode::io, "cannot make a pipe: " + std::generic_category().message(errno));
    }
    cache::FileDescriptor reading(ends[0]);
    cache::FileDescriptor writing(ends[1]);
    const auto parent = ::getpid();
    const auto pid = ::fork();
    if (pid < 0) return fail(ErrorCode::io, "Can't fork: " + std::generic_category().message(errno));
    if (pid > 0) {
        ::fcntl(reading.get(), F_SETFL, O_NONBLOCK);
        return Child(pid, std::move(reading));
    }
    become_child(name, writing.get(), parent);
    ChildReporter reporter(pipe_in_child);
    std::string error;
    std::uint64_t bytes = 0;
    try {
        auto done = work(reporter);
        if (done) {
            bytes = *done;
        } else {
            error = done.error().message;
        }
    } catch (const std::exception& problem) {
        error = problem.what();
    }
    reporter.finish(bytes, error);
    ::_exit(error.empty() ? 0 : 1);
}

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), pipe_(std::move(other.pipe_)), error_(std::move(other.error_)) {}

Child::~Child() {
    if (pid_ < 0) return;
    kill();
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
}

void Child::kill() {
    if (pid_ < 0) return;
    killed_ = true;
    ::kill(pid_, SIGKILL);
}

void Child::read_reports() {
    Report report{};
    while (::read(pipe_.get(), &report, sizeof report) == static_cast<ssize_t>(sizeof report)) {
        keys_ = report.keys;
        written_bytes_ = report.bytes;
        copied_bytes_ = report.copied_bytes;
        copied_bytes_peak_ = std::max(copied_bytes_peak_, copied_bytes_);
        if (report.final == 0) continue;
        final_ = true;
        report.error[sizeof report.error - 1] = 0;
        error_ = report.error;
    }
}

bool Child::ended() {
    if (pid_ < 0) return true;
    read_reports();
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
    pid_ = -1;
    read_reports();
    // Only what says that all was written counts as success.
    if (error_.empty() && (!final_ || !WIFEXITED(status) || WEXITSTATUS(status) != 0)) error_ = how_it_died(status);
    return true;
}

}  // namespace sabil::proxy::persistence
