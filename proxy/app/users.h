// The users of the RESP port as the configuration gives them: requirepass, `user` lines, aclfile.
#pragma once

#include "cache/base/result.h"
#include "proxy/app/config.h"
#include "proxy/resp/acl_store.h"

namespace sabil::proxy::app {

// Makes the users of `user` lines; each begins anew ("reset"). Errors: invalid, naming the user.
Result<void> make_users(resp::AclStore& store, const UserLines& users);

// For SIGHUP: what differs between the configurations is taken over, and an aclfile is read again. A user whose line
// went is removed; those made by ACL SETUSER alone stay. Errors: invalid, io; what came before the error stays done.
Result<void> reload_users(resp::AclStore& store, const Config& before, const Config& now);

}  // namespace sabil::proxy::app
