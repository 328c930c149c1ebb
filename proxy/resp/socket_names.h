// The two ends of a socket, as CLIENT LIST shows them: "127.0.0.1:6379", "[::1]:6379", "/path:0".
#pragma once

#include <string>

namespace sabil::proxy::resp {

std::string peer_name(int descriptor);
std::string local_name(int descriptor);
bool is_loopback(int descriptor);  // of the peer

}  // namespace sabil::proxy::resp
