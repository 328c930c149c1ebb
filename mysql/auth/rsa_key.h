// RSA for caching_sha2_password's full authentication over an open connection: the password with its NUL, XORed with
// the nonce, under OAEP (SHA-1).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cache/base/result.h"

namespace sabil::mysql {

// For a client: encrypts under the server's public key (PEM). Errors: protocol (no RSA key), invalid (password too long
// for the key).
Result<std::string> encrypt_password(std::string_view password, std::string_view nonce,
                                     std::string_view public_key_pem);

// For a server: a key pair of its own. Thread-safety: decrypt() from any thread at once.
class RsaKeyPair {
  public:
    // 2,048 bits; takes tens to hundreds of milliseconds. Errors: io.
    static Result<RsaKeyPair> generate();

    const std::string& public_key_pem() const noexcept { return public_key_pem_; }
    // The password, without its NUL. Errors: denied where it was not encrypted under this key with this nonce.
    Result<std::string> decrypt_password(std::string_view encrypted, std::string_view nonce) const;

  private:
    struct Free {
        void operator()(void* key) const noexcept;
    };
    std::unique_ptr<void, Free> key_;
    std::string public_key_pem_;
};

}  // namespace sabil::mysql
