#include "proxy/app/resp_options.h"

namespace sabil::proxy::app {

resp::RespServerOptions resp_options(const Config& config) {
    resp::RespServerOptions out;
    for (const auto& address : config.listen.resp) out.listen.push_back(address.text());
    bool limited = config.cache.maxmemory_given || config.mysql;
    if (!config.redis_mode) {
        std::string hosts;
        unsigned port = 0;
        for (const auto& address : config.listen.resp) {
            if (address.is_unix()) continue;
            if (hosts.empty()) port = address.port;
            hosts += (hosts.empty() ? "" : " ") + address.host;
        }
        out.parameters.emplace_back("port", std::to_string(port));
        out.parameters.emplace_back("bind", hosts);
        out.parameters.emplace_back("maxmemory", limited ? std::to_string(config.cache.maxmemory_bytes) : "0");
    }
    out.parameters.insert(out.parameters.end(), config.redis.begin(), config.redis.end());
    if (config.redis_mode) out.config_file = config.file;
    return out;
}

}  // namespace sabil::proxy::app
