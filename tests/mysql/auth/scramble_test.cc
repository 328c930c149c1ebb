#include "mysql/auth/scramble.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>

#include "mysql/auth/ed25519.h"
#include "mysql/auth/rsa_key.h"

namespace sabil::mysql {
namespace {

const std::string nonce = "12345678abcdefghijkl";

std::string hash(const EVP_MD* algorithm, const std::string& text) {
    std::string out(EVP_MAX_MD_SIZE, '\0');
    unsigned length = 0;
    EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), &length, algorithm, nullptr);
    return out.substr(0, length);
}

std::string unmask(const std::string& a, const std::string& b) {
    std::string out;
    for (std::size_t i = 0; i < a.size(); ++i) out.push_back(static_cast<char>(a[i] ^ b[i]));
    return out;
}

// What a server does with its stored double hash.
TEST(NativePassword, is_what_a_server_can_check) {
    const auto stored = hash(EVP_sha1(), hash(EVP_sha1(), "secret"));
    const auto answer = scramble_native_password("secret", nonce);
    ASSERT_EQ(answer.size(), 20U);
    EXPECT_EQ(hash(EVP_sha1(), unmask(answer, hash(EVP_sha1(), nonce + stored))), stored);
    EXPECT_NE(answer, scramble_native_password("Secret", nonce));
    EXPECT_EQ(scramble_native_password("", nonce), "");
}

TEST(CachingSha2, is_what_a_server_can_check) {
    const auto stored = hash(EVP_sha256(), hash(EVP_sha256(), "secret"));
    const auto answer = scramble_caching_sha2("secret", nonce);
    ASSERT_EQ(answer.size(), 32U);
    EXPECT_EQ(hash(EVP_sha256(), unmask(answer, hash(EVP_sha256(), stored + nonce))), stored);
    EXPECT_EQ(scramble_caching_sha2("", nonce), "");
}

// A password of 32 bytes is a seed as RFC 8032 knows it, so OpenSSL's own key checks our signature.
TEST(Ed25519, signs_as_the_standard_does_for_a_32_byte_password) {
    for (const char letter : {'a', 'b', 'c', 'd', 'e', 'f'}) {
        const std::string password(32, letter);
        auto signature = sign_ed25519(password, nonce);
        ASSERT_TRUE(signature) << signature.error().message;
        ASSERT_EQ(signature->size(), 64U);
        EVP_PKEY* key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr,
                                                     reinterpret_cast<const unsigned char*>(password.data()), 32);
        EVP_MD_CTX* context = EVP_MD_CTX_new();
        ASSERT_EQ(EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, key), 1);
        EXPECT_EQ(EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature->data()), 64,
                                   reinterpret_cast<const unsigned char*>(nonce.data()), nonce.size()),
                  1);
        EVP_MD_CTX_free(context);
        EVP_PKEY_free(key);
    }
}

TEST(Ed25519, takes_passwords_of_any_length) {
    for (std::size_t length : {0, 1, 31, 33, 200}) EXPECT_TRUE(sign_ed25519(std::string(length, 'p'), nonce));
}

TEST(FirstAuthResponse, knows_the_plugins_and_names_the_others) {
    EXPECT_EQ(first_auth_response("", "p", nonce, false).value(), scramble_native_password("p", nonce));
    EXPECT_EQ(first_auth_response("caching_sha2_password", "p", nonce, false).value(),
              scramble_caching_sha2("p", nonce));
    EXPECT_EQ(first_auth_response("client_ed25519", "p", nonce, false).value().size(), 64U);
    EXPECT_EQ(first_auth_response("mysql_clear_password", "p", nonce, true).value(), std::string("p\0", 2));
    auto open = first_auth_response("mysql_clear_password", "p", nonce, false);
    ASSERT_FALSE(open);
    EXPECT_EQ(open.error().code, ErrorCode::denied);
    auto unknown = first_auth_response("authentication_kerberos_client", "p", nonce, true);
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::unsupported);
    EXPECT_NE(unknown.error().message.find("authentication_kerberos_client"), std::string::npos);
}

TEST(RsaKey, carries_a_password_from_one_end_to_the_other) {
    auto pair = RsaKeyPair::generate();
    ASSERT_TRUE(pair);
    EXPECT_TRUE(pair->public_key_pem().starts_with("-----BEGIN PUBLIC KEY-----"));
    for (const std::string password : {"", "secret", "a password longer than the nonce is, by far"}) {
        auto encrypted = encrypt_password(password, nonce, pair->public_key_pem());
        ASSERT_TRUE(encrypted) << encrypted.error().message;
        EXPECT_EQ(pair->decrypt_password(*encrypted, nonce).value(), password);
    }
    auto other = RsaKeyPair::generate();
    auto encrypted = encrypt_password("secret", nonce, other->public_key_pem());
    EXPECT_FALSE(pair->decrypt_password(*encrypted, nonce));
    EXPECT_FALSE(pair->decrypt_password("garbage", nonce));
    EXPECT_FALSE(pair->decrypt_password("", nonce));
    EXPECT_FALSE(encrypt_password("secret", nonce, "no key"));
    EXPECT_FALSE(encrypt_password(std::string(300, 'x'), nonce, pair->public_key_pem()));
}

}  // namespace
}  // namespace sabil::mysql
