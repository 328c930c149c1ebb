// The words of Redis' `bind`.
#pragma once

#include "proxy/net/address.h"

#include <string>
#include <string_view>
#include <vector>

namespace sabil::proxy::net {

// As texts for parse_address: words are addresses; "*" and "::*" mean all of their kind; a leading '-' stays.
std::vector<std::string> bind_addresses(std::string_view bind, int port);

// Written with a leading '-', which its host keeps: such an address may be missing on this machine.
inline bool may_be_missing(const Address& address) noexcept {
    return address.host.starts_with('-');
}
inline Address made_optional(Address address) {
    if (!may_be_missing(address)) address.host.insert(0, 1, '-');
    return address;
}

}  // namespace sabil::proxy::net
