#include "proxy/resp/worker_stats.h"

namespace sabil::proxy::resp {

void WorkerStats::count_error(std::string_view code) {
    errors.add();
    std::lock_guard lock(errors_mutex_);
    auto found = errors_by_code_.find(code);
    if (found != errors_by_code_.end()) {
        ++found->second;
    } else if (errors_by_code_.size() < error_codes_max) {
        errors_by_code_.emplace(code, 1);
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
