// Who may see and do what over HTTP.
#pragma once

#include <cstdint>
#include <string>

namespace sabil::proxy::observe {

struct HttpCaller {
    std::string path;
    std::string peer;  // address; empty for a Unix socket's
    std::string host;  // headers; empty where absent
    std::string origin;
    std::string authorization;
    bool is_change = false;  // POST
};

enum class Access : std::uint8_t { granted, loopback_only, wrong_host, wrong_password, foreign_origin };

struct AccessRules {
    std::string password;         // that of [http]; empty: none
    bool public_metrics = false;  // /metrics is open although there is a password
};

// Without a password the page and the API are served to loopback only, under names that no other site can take
// (localhost or an address), /metrics to all. /healthz and /readyz are open always. A change that a browser sends must
// come from the page itself.
Access access_of(const HttpCaller& caller, const AccessRules& rules);

}  // namespace sabil::proxy::observe
