#include "mysql/auth/scramble.h"

#include <openssl/evp.h>

#include "mysql/auth/ed25519.h"

namespace sabil::mysql {

namespace {

std::string digest(const EVP_MD* algorithm, std::initializer_list<std::string_view> parts) {
    std::string joined;
    for (auto part : parts) joined.append(part);
    std::string out(EVP_MAX_MD_SIZE, '\0');
    unsigned length = 0;
    EVP_Digest(joined.data(), joined.size(), reinterpret_cast<unsigned char*>(out.data()), &length, algorithm, nullptr);
    out.resize(length);
    return out;
}

std::string exclusive_or(std::string a, std::string_view b) {
    for (std::size_t i = 0; i < a.size() && i < b.size(); ++i) a[i] = static_cast<char>(a[i] ^ b[i]);
    return a;
}

}  // namespace

std::string scramble_native_password(std::string_view password, std::string_view nonce) {
    if (password.empty()) return {};
    auto once = digest(EVP_sha1(), {password});
    const auto twice = digest(EVP_sha1(), {once});
    return exclusive_or(std::move(once), digest(EVP_sha1(), {nonce, twice}));
}

std::string scramble_caching_sha2(std::string_view password, std::string_view nonce) {
    if (password.empty()) return {};
    auto once = digest(EVP_sha256(), {password});
    const auto twice = digest(EVP_sha256(), {once});
    return exclusive_or(std::move(once), digest(EVP_sha256(), {twice, nonce}));
}

Result<std::string> first_auth_response(std::string_view name, std::string_view password, std::string_view nonce,
                                        bool secure) {
    if (name.empty() || name == plugin::native_password) return scramble_native_password(password, nonce);
    if (name == plugin::caching_sha2_password) return scramble_caching_sha2(password, nonce);
    if (name == plugin::ed25519) return sign_ed25519(password, nonce);
    if (name == plugin::clear_password) {
        if (secure) return std::string(password) + '\0';
        return fail(ErrorCode::denied,
                    "the server asks for the password in clear text over an open connection; use TLS");
    }
    return fail(ErrorCode::unsupported, "the account uses the authentication plugin '" + std::string(name) +
                                            "', which is not supported; use caching_sha2_password, "
                                            "mysql_native_password or ed25519");
}

}  // namespace sabil::mysql
