// All ACL users and the log of what was denied.
#pragma once

#include "cache/base/result.h"
#include "proxy/resp/acl_user.h"

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace sabil::proxy::resp {

struct AclLogEntry {
    std::uint64_t id = 0;
    std::uint64_t count = 1;
    std::string reason;   // "command", "key", "channel", "auth"
    std::string context;  // "toplevel", "multi", "lua"
    std::string object;
    std::string user;
    std::string client_info;
    std::int64_t created_ms = 0;
    std::int64_t updated_ms = 0;
};

// Thread-safety: any thread. Users are replaced, never changed: whoever holds one keeps it consistent, and compares
// version() to learn of changes.
class AclStore {
  public:
    AclStore();

    std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
    // True where connections begin unauthenticated: the default user is off or has a password.
    bool auth_required() const noexcept { return auth_required_.load(std::memory_order_relaxed); }
    // Null where there is no such user.
    std::shared_ptr<const AclUser> find(std::string_view name) const;
    // The user, where it is enabled and the password is its own; null otherwise.
    std::shared_ptr<const AclUser> authenticate(std::string_view name, std::string_view password) const;
    std::vector<std::shared_ptr<const AclUser>> all() const;  // by name

    // Creates or changes a user, wholly or not at all. Errors: invalid, worded as ACL SETUSER does.
    Result<void> set_user(std::string_view name, std::span<const std::string_view> rules);
    bool remove(std::string_view name);
    // requirepass: the default user's only password; empty: it needs none.
    void set_default_password(std::string_view password);
    void set_channels_default(bool allowed) noexcept { channels_allowed_ = allowed; }

    // The file's lines: "user NAME rule...". All or nothing. Errors: invalid, naming line and reason; io.
    Result<void> load_file(const std::string& path);
    Result<void> save_file(const std::string& path) const;

    void log(AclLogEntry entry);
    std::vector<AclLogEntry> newest_log(std::size_t count) const;
    void clear_log();
    void set_log_max_entries(std::size_t count);

  private:
    using Users = std::map<std::string, std::shared_ptr<const AclUser>, std::less<>>;
    void publish();  // under the mutex

    mutable std::mutex mutex_;
    Users users_;
    std::deque<AclLogEntry> log_;  // newest first
    std::uint64_t next_log_id_ = 0;
    std::size_t log_max_entries_ = 128;
    std::atomic<std::uint64_t> version_{1};
    std::atomic<bool> auth_required_{false};
    std::atomic<bool> channels_allowed_{false};
};

}  // namespace sabil::proxy::resp
