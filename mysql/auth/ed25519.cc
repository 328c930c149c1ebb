// Ed25519 (RFC 8032) takes a 32-byte seed; MariaDB takes a password of any length in its place, so OpenSSL's one-shot
// signature does not fit. What OpenSSL offers is enough to build it:
//   a = clamp(SHA-512(password)[0..31])           the secret scalar
//   A = a*B: X25519 of a gives the u coordinate; y = (u - 1) / (u + 1); the sign of x is one of two
//   R = r*B: a fresh Ed25519 key is a point and its scalar r = clamp(SHA-512(seed)[0..31])
//   S = r + SHA-512(R, A, nonce) * a  mod L
// The sign of A is found by verifying the signature under both.
#include "mysql/auth/ed25519.h"

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <cstdint>
#include <memory>

namespace sabil::mysql {

namespace {

constexpr std::size_t point_bytes = 32;
using Bytes32 = std::array<unsigned char, point_bytes>;
using Bytes64 = std::array<unsigned char, 64>;

struct Free {
    void operator()(BIGNUM* p) const noexcept { BN_clear_free(p); }
    void operator()(BN_CTX* p) const noexcept { BN_CTX_free(p); }
    void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
    void operator()(EVP_MD_CTX* p) const noexcept { EVP_MD_CTX_free(p); }
};
using Number = std::unique_ptr<BIGNUM, Free>;
using NumberContext = std::unique_ptr<BN_CTX, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;

bool sha512(std::initializer_list<std::string_view> parts, Bytes64& out) {
    std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
    bool good = context && EVP_DigestInit_ex(context.get(), EVP_sha512(), nullptr) == 1;
    for (auto part : parts) good = good && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
    return good && EVP_DigestFinal_ex(context.get(), out.data(), nullptr) == 1;
}

template <std::size_t N>
std::string_view view(const std::array<unsigned char, N>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), N};
}

Bytes32 clamped_scalar(const Bytes64& hash) {
    Bytes32 scalar;
    std::copy_n(hash.begin(), point_bytes, scalar.begin());
    scalar[0] &= 248;
    scalar[31] = static_cast<unsigned char>((scalar[31] & 63) | 64);
    return scalar;
}

template <std::size_t N>
Number little_endian(const std::array<unsigned char, N>& bytes) {
    return Number(BN_lebin2bn(bytes.data(), static_cast<int>(N), nullptr));
}

// p = 2^255 - 19, the field; L = 2^252 + 27742317777372353535851937790883648493, the group's order.
Number field_prime() {
    BIGNUM* p = nullptr;
    BN_hex2bn(&p, "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed");
    return Number(p);
}
Number group_order() {
    BIGNUM* l = nullptr;
    BN_hex2bn(&l, "1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed");
    return Number(l);
}

bool raw_public_key(int type, const Bytes32& secret, Bytes32& out) {
    Key key(EVP_PKEY_new_raw_private_key(type, nullptr, secret.data(), secret.size()));
    std::size_t length = out.size();
    return key && EVP_PKEY_get_raw_public_key(key.get(), out.data(), &length) == 1 && length == out.size();
}

// The y coordinate of scalar * B, the sign of x left at 0.
bool edwards_y(const Bytes32& scalar, BN_CTX* context, Bytes32& out) {
    Bytes32 u_bytes;
    if (!raw_public_key(EVP_PKEY_X25519, scalar, u_bytes)) return false;
    auto p = field_prime();
    auto u = little_endian(u_bytes);
    Number above(BN_dup(u.get()));
    Number below(BN_dup(u.get()));
    Number inverse(BN_new());
    Number y(BN_new());
    return p && u && above && below && inverse && y && BN_sub_word(above.get(), 1) == 1 &&
           BN_add_word(below.get(), 1) == 1 && BN_mod_inverse(inverse.get(), below.get(), p.get(), context) &&
           BN_mod_mul(y.get(), above.get(), inverse.get(), p.get(), context) == 1 &&
           BN_bn2lebinpad(y.get(), out.data(), static_cast<int>(out.size())) == static_cast<int>(out.size());
}

bool signature_scalar(const Bytes32& r, const Bytes64& hash, const Bytes32& a, BN_CTX* context, Bytes32& out) {
    auto order = group_order();
    auto h = little_endian(hash);
    auto a_number = little_endian(a);
    auto r_number = little_endian(r);
    Number product(BN_new());
    Number sum(BN_new());
    return order && h && a_number && r_number && product && sum &&
           BN_mod_mul(product.get(), h.get(), a_number.get(), order.get(), context) == 1 &&
           BN_mod_add(sum.get(), product.get(), r_number.get(), order.get(), context) == 1 &&
           BN_bn2lebinpad(sum.get(), out.data(), static_cast<int>(out.size())) == static_cast<int>(out.size());
}

bool verifies(const Bytes32& public_key, std::string_view signature, std::string_view message) {
    Key key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key.data(), public_key.size()));
    std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
    return key && context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
           EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()), signature.size(),
                            reinterpret_cast<const unsigned char*>(message.data()), message.size()) == 1;
}

}  // namespace

Result<std::string> sign_ed25519(std::string_view password, std::string_view nonce) {
    const auto refused = [] { return fail(ErrorCode::io, "OpenSSL could not make an Ed25519 signature"); };
    NumberContext context(BN_CTX_new());
    Bytes64 hash;
    Bytes32 seed;
    Bytes32 r_point;
    Bytes32 a_point;
    if (!context || !sha512({password}, hash)) return refused();
    const auto a = clamped_scalar(hash);
    if (!edwards_y(a, context.get(), a_point)) return refused();
    if (RAND_bytes(seed.data(), static_cast<int>(seed.size())) != 1) return refused();
    if (!raw_public_key(EVP_PKEY_ED25519, seed, r_point) || !sha512({view(seed)}, hash)) return refused();
    const auto r = clamped_scalar(hash);
    for (const unsigned char sign : {0x00, 0x80}) {
        a_point[31] = static_cast<unsigned char>((a_point[31] & 0x7f) | sign);
        Bytes32 s;
        if (!sha512({view(r_point), view(a_point), nonce}, hash)) return refused();
        if (!signature_scalar(r, hash, a, context.get(), s)) return refused();
        auto signature = std::string(view(r_point)).append(view(s));
        if (verifies(a_point, signature, nonce)) return signature;
    }
    return refused();
}

}  // namespace sabil::mysql
