#include "proxy/app/users.h"

#include <algorithm>

namespace sabil::proxy::app {
namespace {

std::string parameter(const Config& config, std::string_view name) {
    std::string out;
    for (const auto& [known, value] : config.redis) {
        if (known == name) out = value;
    }
    return out;
}

}  // namespace

Result<void> make_users(resp::AclStore& store, const UserLines& users) {
    for (const auto& user : users) {
        std::vector<std::string_view> rules{"reset"};
        rules.insert(rules.end(), user.rules.begin(), user.rules.end());
        if (auto done = store.set_user(user.name, rules); !done) {
            return fail(done.error().code, user.place + ": user '" + user.name + "': " + done.error().message);
        }
    }
    return {};
}

Result<void> reload_users(resp::AclStore& store, const Config& before, const Config& now) {
    auto password = parameter(now, "requirepass");
    if (password != parameter(before, "requirepass")) store.set_default_password(password);
    if (auto done = make_users(store, now.users); !done) return done;
    for (const auto& old : before.users) {
        auto kept =
            std::any_of(now.users.begin(), now.users.end(), [&](const auto& user) { return user.name == old.name; });
        if (!kept && old.name != "default") store.remove(old.name);
    }
    auto file = parameter(now, "aclfile");
    return file.empty() ? Result<void>{} : store.load_file(file);
}

}  // namespace sabil::proxy::app
