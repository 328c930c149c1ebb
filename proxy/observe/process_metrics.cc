#include "proxy/observe/process_metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>

namespace sabil::proxy::observe {
namespace {

struct Pages {
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
};

Pages statm() {
    Pages out;
    std::ifstream in("/proc/self/statm");
    in >> out.total >> out.resident;
    auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    return {out.total * page_bytes, out.resident * page_bytes};
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double open_descriptors() {
    DIR* folder = opendir("/proc/self/fd");
    if (folder == nullptr) return 0;
    double count = -3;  // ".", ".." and the folder's own
    while (readdir(folder) != nullptr) ++count;
    closedir(folder);
    return count;
}

double max_descriptors() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<double>(limit.rlim_cur);
}

void gauge(Registry& registry, const char* name, const char* help, std::function<double()> read) {
    registry.callback(MetricType::gauge, name, help, [read = std::move(read)](const Emit& emit) { emit({}, read()); });
}

}  // namespace

std::uint64_t resident_bytes() noexcept {
    try {
        return statm().resident;
    } catch (...) {
        return 0;
    }
}

void register_process_metrics(Registry& registry) {
    registry.callback(MetricType::counter, "process_cpu_seconds_total", "User and system time used.",
                      [](const Emit& emit) { emit({}, cpu_seconds()); });
    gauge(registry, "process_resident_memory_bytes", "Memory in use.",
          [] { return static_cast<double>(statm().resident); });
    gauge(registry, "process_virtual_memory_bytes", "Address space in use.",
          [] { return static_cast<double>(statm().total); });
    gauge(registry, "process_open_fds", "File descriptors open.", open_descriptors);
    gauge(registry, "process_max_fds", "File descriptors allowed.", max_descriptors);
    auto started = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    gauge(registry, "process_start_time_seconds", "When the process started, in seconds since 1970.",
          [started] { return started; });
}

}  // namespace sabil::proxy::observe
