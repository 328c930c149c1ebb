// MariaDB's client_ed25519: an Ed25519 signature of the nonce under the key that SHA-512 makes of the password.
#pragma once

#include <string>
#include <string_view>

#include "cache/base/result.h"

namespace sabil::mysql {

// 64 bytes. Errors: io where OpenSSL refuses.
Result<std::string> sign_ed25519(std::string_view password, std::string_view nonce);

}  // namespace sabil::mysql
