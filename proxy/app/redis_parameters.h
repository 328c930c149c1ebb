// Redis' directives as a Config: where to listen, where to log, and the parameters under their own names.
#pragma once

#include <vector>

#include "proxy/app/config.h"
#include "proxy/app/redis_conf.h"

namespace sabil::proxy::app {

// Later directives win over earlier ones; `save` lines add up, and `save ""` clears them; flags replace those of the
// file. Errors: each names its place.
tl::expected<Config, ConfigErrors> config_of_directives(const std::vector<Directive>& file,
                                                        const std::vector<Directive>& flags);

// What the configuration says of a parameter under its name, or that with '_' for '-'; empty where it says nothing.
std::string redis_parameter(const Config& config, std::string_view name);

// Redis' debug, verbose, notice, warning.
LogLevel redis_log_level(std::string_view level) noexcept;

// A value with several words as one: words with blanks, or empty ones beside others, in double quotes.
std::string join_words(const std::vector<std::string>& words);

}  // namespace sabil::proxy::app
