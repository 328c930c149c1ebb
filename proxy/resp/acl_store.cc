#include "proxy/resp/acl_store.h"

#include "proxy/resp/args.h"
#include "proxy/resp/request_parser.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>

namespace sabil::proxy::resp {
namespace {

constexpr std::string_view default_name = "default";
constexpr std::int64_t same_entry_ms = 60'000;  // repeated denials within this are counted in one log entry

std::shared_ptr<AclUser> new_default_user() {
    auto user = std::make_shared<AclUser>();
    user->name = default_name;
    for (auto rule : {"on", "nopass", "+@all", "~*", "&*"}) user->apply(rule);
    return user;
}

std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

// Selectors may hold blanks: words from '(' up to the word that ends with ')' are one rule.
std::vector<std::string> merge_selectors(std::span<const std::string_view> words) {
    std::vector<std::string> out;
    bool open = false;
    for (auto word : words) {
        if (open) {
            (out.back() += ' ') += word;
        } else {
            out.emplace_back(word);
        }
        if (!open && !word.empty() && word.front() == '(') open = true;
        if (open && !word.empty() && word.back() == ')') open = false;
    }
    return out;
}

}  // namespace

AclStore::AclStore() { users_[std::string(default_name)] = new_default_user(); }

void AclStore::publish() {
    const auto& user = users_.find(default_name)->second;
    auth_required_.store(!user->enabled || !user->no_password, std::memory_order_relaxed);
    version_.fetch_add(1, std::memory_order_release);
}

std::shared_ptr<const AclUser> AclStore::find(std::string_view name) const {
    std::lock_guard lock(mutex_);
    auto found = users_.find(name);
    return found == users_.end() ? nullptr : found->second;
}

std::shared_ptr<const AclUser> AclStore::authenticate(std::string_view name, std::string_view password) const {
    auto user = find(name);
    return user && user->enabled && user->password_matches(password) ? user : nullptr;
}

std::vector<std::shared_ptr<const AclUser>> AclStore::all() const {
    std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<const AclUser>> out;
    for (const auto& [name, user] : users_) out.push_back(user);
    return out;
}

Result<void> AclStore::set_user(std::string_view name, std::span<const std::string_view> rules) {
    if (name.find_first_of(std::string_view(" \0", 2)) != std::string_view::npos) {
        return fail(ErrorCode::invalid, "Usernames can't contain spaces or null characters");
    }
    std::lock_guard lock(mutex_);
    auto found = users_.find(name);
    auto user = std::make_shared<AclUser>();
    if (found != users_.end()) {
        *user = *found->second;
    } else {
        user->name = name;
        user->apply("reset");
        if (channels_allowed_) user->apply("allchannels");
    }
    for (const auto& rule : merge_selectors(rules)) {
        if (channels_allowed_ && equals_ignoring_case(rule, "reset")) {
            user->apply("reset");
            user->apply("allchannels");
            continue;
        }
        if (!rule.empty() && rule.front() == '(' && rule.back() != ')') {
            return fail(ErrorCode::invalid, "Unmatched parenthesis in acl selector starting at '" +
                                                rule.substr(0, rule.find(' ')) + "'.");
        }
        auto error = user->apply(rule);
        if (error.empty()) continue;
        return fail(ErrorCode::invalid, "Error in ACL SETUSER modifier '" + rule + "': " + error);
    }
    users_[std::string(name)] = std::move(user);
    publish();
    return {};
}

bool AclStore::remove(std::string_view name) {
    std::lock_guard lock(mutex_);
    auto found = users_.find(name);
    if (found == users_.end()) return false;
    users_.erase(found);
    publish();
    return true;
}

void AclStore::set_default_password(std::string_view password) {
    std::lock_guard lock(mutex_);
    auto user = std::make_shared<AclUser>(*users_.find(default_name)->second);
    user->apply("resetpass");
    if (password.empty()) {
        user->apply("nopass");
    } else {
        user->apply(">" + std::string(password));
    }
    users_[std::string(default_name)] = std::move(user);
    publish();
}

Result<void> AclStore::load_file(const std::string& path) {
    std::ifstream in(path);
    if (!in) return fail(ErrorCode::io, "Error loading ACLs, opening file '" + path + "'");
    Users users;
    std::size_t number = 0;
    auto bad = [&](const std::string& why) {
        return fail(ErrorCode::invalid, path + ":" + std::to_string(number) + ": " + why);
    };
    for (std::string line; std::getline(in, line);) {
        ++number;
        std::vector<std::string_view> words;
        if (!split_inline(line, words)) return bad("unbalanced quotes in acl line");
        if (words.empty() || words[0].front() == '#') continue;
        if (words[0] != "user" || words.size() < 2) {
            return bad("should start with user keyword followed by the username");
        }
        auto user = std::make_shared<AclUser>();
        user->name = words[1];
        user->apply("reset");
        for (const auto& rule : merge_selectors(std::span(words).subspan(2))) {
            auto error = user->apply(rule);
            if (!error.empty()) return bad("Error in applying operation '" + rule + "': " + error);
        }
        if (!users.emplace(user->name, user).second) {
            return bad("Duplicate user '" + user->name + "' found. A user can only be defined once in config files");
        }
    }
    if (users.find(default_name) == users.end()) users[std::string(default_name)] = new_default_user();
    std::lock_guard lock(mutex_);
    users_ = std::move(users);
    publish();
    return {};
}

Result<void> AclStore::save_file(const std::string& path) const {
    std::string temporary = path + ".tmp";
    {
        std::ofstream out(temporary, std::ios::trunc);
        for (const auto& user : all()) out << "user " << user->name << ' ' << user->describe() << '\n';
        if (!out.flush()) return fail(ErrorCode::io, "cannot write " + temporary);
    }
    if (std::rename(temporary.c_str(), path.c_str()) != 0) return fail(ErrorCode::io, "cannot replace " + path);
    return {};
}

void AclStore::log(AclLogEntry entry) {
    std::lock_guard lock(mutex_);
    entry.created_ms = entry.updated_ms = now_ms();
    for (auto& known : log_) {
        bool same = known.reason == entry.reason && known.context == entry.context && known.object == entry.object &&
                    known.user == entry.user && entry.updated_ms - known.created_ms <= same_entry_ms;
        if (!same) continue;
        ++known.count;
        known.updated_ms = entry.updated_ms;
        known.client_info = std::move(entry.client_info);
        return;
    }
    entry.id = next_log_id_++;
    log_.push_front(std::move(entry));
    while (log_.size() > log_max_entries_) log_.pop_back();
}

std::vector<AclLogEntry> AclStore::newest_log(std::size_t count) const {
    std::lock_guard lock(mutex_);
    return {log_.begin(), log_.begin() + static_cast<std::ptrdiff_t>(std::min(count, log_.size()))};
}

void AclStore::clear_log() {
    std::lock_guard lock(mutex_);
    log_.clear();
}

void AclStore::set_log_max_entries(std::size_t count) {
    std::lock_guard lock(mutex_);
    log_max_entries_ = count;  // the next entry finds out
}

}  // namespace sabil::proxy::resp
