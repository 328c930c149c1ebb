#include "mysql/auth/rsa_key.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace sabil::mysql {

namespace {

constexpr int key_bits = 2048;

struct FreeBio {
    void operator()(BIO* p) const noexcept { BIO_free(p); }
};
struct FreeKey {
    void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
};
struct FreeContext {
    void operator()(EVP_PKEY_CTX* p) const noexcept { EVP_PKEY_CTX_free(p); }
};
using Context = std::unique_ptr<EVP_PKEY_CTX, FreeContext>;

const unsigned char* data(std::string_view s) {
    return reinterpret_cast<const unsigned char*>(s.data());
}
unsigned char* data(std::string& s) {
    return reinterpret_cast<unsigned char*>(s.data());
}

// Both ends XOR the password and its NUL with the nonce, repeated.
std::string mask(std::string text, std::string_view nonce) {
    for (std::size_t i = 0; i < text.size() && !nonce.empty(); ++i) {
        text[i] = static_cast<char>(text[i] ^ nonce[i % nonce.size()]);
    }
    return text;
}

}  // namespace

Result<std::string> encrypt_password(std::string_view password, std::string_view nonce,
                                     std::string_view public_key_pem) {
    std::unique_ptr<BIO, FreeBio> bio(BIO_new_mem_buf(public_key_pem.data(), static_cast<int>(public_key_pem.size())));
    std::unique_ptr<EVP_PKEY, FreeKey> key(bio ? PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr) : nullptr);
    if (!key || EVP_PKEY_base_id(key.get()) != EVP_PKEY_RSA) {
        return fail(ErrorCode::protocol, "the server sent no RSA public key where one was due");
    }
    Context context(EVP_PKEY_CTX_new(key.get(), nullptr));
    const auto text = mask(std::string(password) + '\0', nonce);
    std::string out(static_cast<std::size_t>(EVP_PKEY_size(key.get())), '\0');
    std::size_t length = out.size();
    if (!context || EVP_PKEY_encrypt_init(context.get()) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1 ||
        EVP_PKEY_encrypt(context.get(), data(out), &length, data(std::string_view(text)), text.size()) != 1) {
        return fail(ErrorCode::invalid, "the password of " + std::to_string(password.size()) +
                                            " bytes cannot be encrypted under the server's RSA key; use TLS");
    }
    out.resize(length);
    return out;
}

void RsaKeyPair::Free::operator()(void* key) const noexcept {
    EVP_PKEY_free(static_cast<EVP_PKEY*>(key));
}

Result<RsaKeyPair> RsaKeyPair::generate() {
    RsaKeyPair pair;
    pair.key_.reset(EVP_RSA_gen(static_cast<unsigned>(key_bits)));
    std::unique_ptr<BIO, FreeBio> bio(BIO_new(BIO_s_mem()));
    if (!pair.key_ || !bio || PEM_write_bio_PUBKEY(bio.get(), static_cast<EVP_PKEY*>(pair.key_.get())) != 1) {
        return fail(ErrorCode::io, "OpenSSL could not make an RSA key pair");
    }
    char* text = nullptr;
    const auto length = BIO_get_mem_data(bio.get(), &text);
    pair.public_key_pem_.assign(text, static_cast<std::size_t>(length));
    return pair;
}

Result<std::string> RsaKeyPair::decrypt_password(std::string_view encrypted, std::string_view nonce) const {
    auto* key = static_cast<EVP_PKEY*>(key_.get());
    Context context(EVP_PKEY_CTX_new(key, nullptr));
    std::string out(static_cast<std::size_t>(EVP_PKEY_size(key)), '\0');
    std::size_t length = out.size();
    const bool good = context && EVP_PKEY_decrypt_init(context.get()) == 1 &&
                      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) == 1 &&
                      EVP_PKEY_decrypt(context.get(), data(out), &length, data(encrypted), encrypted.size()) == 1;
    out.resize(good ? length : 0);
    out = mask(std::move(out), nonce);
    if (out.empty() || out.back() != '\0') {
        return fail(ErrorCode::denied, "the client's password was not encrypted under the key it was given");
    }
    out.pop_back();
    return out;
}

}  // namespace sabil::mysql
