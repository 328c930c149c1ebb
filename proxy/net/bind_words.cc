#include "proxy/net/bind_words.h"

#include <sstream>

namespace sabil::proxy::net {

std::vector<std::string> bind_addresses(std::string_view bind, int port) {
    std::vector<std::string> out;
    std::istringstream words{std::string(bind)};
    for (std::string word; words >> word;) {
        std::string text;
        if (word.starts_with('-')) {
            text = "-";
            word.erase(0, 1);
        }
        if (word == "*") word = "0.0.0.0";
        if (word == "::*") word = "::";
        text += word.find(':') == std::string::npos ? word : "[" + word + "]";
        out.push_back(text + ":" + std::to_string(port));
    }
    return out;
}

}  // namespace sabil::proxy::net
