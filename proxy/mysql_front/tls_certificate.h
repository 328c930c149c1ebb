// The port's own certificate, for operators who give none: self-signed, RSA 2,048, valid for ten years, as servers make
// theirs.
#pragma once

#include <string>

#include "cache/base/result.h"

namespace sabil::proxy::mysql_front {

struct CertificatePair {
    std::string certificate_pem;
    std::string key_pem;
};

// Takes some 100 ms. Errors: io.
Result<CertificatePair> make_certificate();

inline constexpr const char* certificate_file = "front-cert.pem";

// The pair kept in `folder` (front-cert.pem, front-key.pem, readable by the owner only); made there on first use. Errors:
// io, naming the file.
Result<CertificatePair> kept_certificate(const std::string& folder);

}  // namespace sabil::proxy::mysql_front
