#include "proxy/resp/slow_log.h"

#include <algorithm>
#include <chrono>

namespace sabil::proxy::resp {
namespace {

std::string shortened(std::string_view arg) {
    if (arg.size() <= SlowLog::arg_bytes_max) return std::string(arg);
    return std::string(arg.substr(0, SlowLog::arg_bytes_max)) + "... (" +
           std::to_string(arg.size() - SlowLog::arg_bytes_max) + " more bytes)";
}

}  // namespace

void SlowLog::add(std::uint64_t microseconds, Args args, std::string client_address, std::string client_name) {
    if (max_entries_.load(std::memory_order_relaxed) == 0) return;
    SlowCommand entry;
    entry.microseconds = microseconds;
    entry.unix_seconds = std::chrono::duration_cast<std::chrono::seconds>(
                             std::chrono::system_clock::now().time_since_epoch())
                             .count();
    std::size_t kept = args.size() > args_max ? args_max - 1 : args.size();
    for (auto arg : args.first(kept)) entry.args.push_back(shortened(arg));
    if (kept < args.size()) entry.args.push_back("... (" + std::to_string(args.size() - kept) + " more arguments)");
    entry.client_address = std::move(client_address);
    entry.client_name = std::move(client_name);
    std::lock_guard lock(mutex_);
    entry.id = next_id_++;
    entries_.push_front(std::move(entry));
    while (entries_.size() > max_entries_) entries_.pop_back();
}

std::vector<SlowCommand> SlowLog::newest(std::size_t count) const {
    std::lock_guard lock(mutex_);
    auto end = entries_.begin() + static_cast<std::ptrdiff_t>(std::min(count, entries_.size()));
    return {entries_.begin(), end};
}

std::size_t SlowLog::size() const {
    std::lock_guard lock(mutex_);
    return entries_.size();
}

void SlowLog::clear() {
    std::lock_guard lock(mutex_);
    entries_.clear();
}

void SlowLog::set_max_entries(std::size_t count) {
    std::lock_guard lock(mutex_);
    max_entries_ = count;
    while (entries_.size() > max_entries_) entries_.pop_back();
}

}  // namespace sabil::proxy::resp
