#include "proxy/resp/worker_stats.h"

#include <algorithm>

namespace sabil::proxy::resp {
namespace {

// As the server's own errors begin. What scripts call an error may begin with anything, and fills the table first.
bool is_code_word(std::string_view code) {
    return code.size() > 1 &&
           std::all_of(code.begin(), code.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
}

}  // namespace

void WorkerStats::count_error(std::string_view code) {
    errors.add();
    std::lock_guard lock(errors_mutex_);
    auto found = errors_by_code_.find(code);
    if (found != errors_by_code_.end()) {
        ++found->second;
    } else if (errors_by_code_.size() < (is_code_word(code) ? 2 * error_codes_max : error_codes_max)) {
        errors_by_code_.emplace(code, 1);
    } else {
        ++errors_by_code_["ERRORSTATS_OVERFLOW"];
    }
}

void WorkerStats::add_errors_to(std::map<std::string, std::uint64_t>& out) {
    std::lock_guard lock(errors_mutex_);
    for (const auto& [code, count] : errors_by_code_) out[code] += count;
}

void WorkerStats::reset() {
    for (auto& counts : commands) {
        counts.calls.reset();
        counts.nanoseconds.reset();
        counts.rejected.reset();
        counts.failed.reset();
        for (auto& bucket : counts.latency) bucket.reset();
    }
    for (Count* count : {&commands_processed, &connections_received, &connections_rejected, &bytes_in, &bytes_out,
                         &reads, &writes, &errors, &evicted_clients, &query_buffer_closed, &output_buffer_closed,
                         &lookup_hits, &lookup_misses, &unexpected_errors, &auth_denied, &acl_denied_command,
                         &acl_denied_key, &acl_denied_channel}) {
        count->reset();
    }
    std::lock_guard lock(errors_mutex_);
    errors_by_code_.clear();
}

}  // namespace sabil::proxy::resp
