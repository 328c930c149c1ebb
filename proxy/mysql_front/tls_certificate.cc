#include "proxy/mysql_front/tls_certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>

namespace sabil::proxy::mysql_front {
namespace {

template <auto Function>
struct Free {
    template <class T>
    void operator()(T* p) const noexcept {
        Function(p);
    }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Memory = std::unique_ptr<BIO, Free<BIO_free_all>>;

std::string text_of(BIO* memory) {
    char* data = nullptr;
    const auto size = BIO_get_mem_data(memory, &data);
    return {data, static_cast<std::size_t>(size)};
}

Certificate sign(EVP_PKEY* key) {
    Certificate certificate(X509_new());
    if (!certificate) return nullptr;
    unsigned char serial[8];
    if (RAND_bytes(serial, sizeof(serial)) != 1) return nullptr;
    std::uint64_t number = 0;
    std::memcpy(&number, serial, sizeof(number));
    constexpr long ten_years_s = 10L * 365 * 24 * 3600;
    auto* name = X509_get_subject_name(certificate.get());
    const auto* common_name = reinterpret_cast<const unsigned char*>("sabil");
    const bool made = X509_set_version(certificate.get(), 2) == 1 &&
                      ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), number >> 1) == 1 &&
                      X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600) != nullptr &&
                      X509_gmtime_adj(X509_getm_notAfter(certificate.get()), ten_years_s) != nullptr &&
                      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0) == 1 &&
                      X509_set_issuer_name(certificate.get(), name) == 1 &&
                      X509_set_pubkey(certificate.get(), key) == 1 &&
                      X509_sign(certificate.get(), key, EVP_sha256()) > 0;
    return made ? std::move(certificate) : nullptr;
}

auto io_error(const std::string& what, const std::string& path) {
    return fail(ErrorCode::io, what + " '" + path + "': " + std::strerror(errno));
}

Result<void> write_private_file(const std::string& path, const std::string& text) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0) return io_error("cannot create", path);
    const auto written = ::write(file, text.data(), text.size());
    const bool whole = written == static_cast<ssize_t>(text.size());
    if (::close(file) != 0 || !whole) return io_error("cannot write", path);
    return {};
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return in ? text.str() : std::string();
}

}  // namespace

Result<CertificatePair> make_certificate() {
    const Key key(EVP_RSA_gen(2048));
    if (!key) return fail(ErrorCode::io, "cannot make an RSA key for the MySQL port's certificate");
    const auto certificate = sign(key.get());
    const Memory certificate_text(BIO_new(BIO_s_mem()));
    const Memory key_text(BIO_new(BIO_s_mem()));
    if (!certificate || !certificate_text || !key_text ||
        PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1 ||
        PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
        return fail(ErrorCode::io, "cannot make the MySQL port's certificate");
    }
    return CertificatePair{text_of(certificate_text.get()), text_of(key_text.get())};
}

Result<CertificatePair> kept_certificate(const std::string& folder) {
    const auto certificate_path = folder + "/" + certificate_file;
    const auto key_path = folder + "/front-key.pem";
    CertificatePair pair{read_file(certificate_path), read_file(key_path)};
    if (!pair.certificate_pem.empty() && !pair.key_pem.empty()) return pair;
    auto made = make_certificate();
    if (!made) return made;
    if (auto done = write_private_file(key_path, made->key_pem); !done) return tl::unexpected(std::move(done.error()));
    if (auto done = write_private_file(certificate_path, made->certificate_pem); !done) {
        return tl::unexpected(std::move(done.error()));
    }
    return made;
}

}  // namespace sabil::proxy::mysql_front
