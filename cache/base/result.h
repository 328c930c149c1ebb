// Result: a value or an Error. Functions that can fail on input or on the outside world return one; exceptions stay
// inside the libraries that throw them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace sabil {

enum class ErrorCode : std::uint8_t {
    invalid,       // the input breaks its format or a rule; the message names the value
    out_of_range,  // well formed, but outside the permitted range or a limit
    not_found,
    unsupported,  // understood, and deliberately not done
    denied,       // credentials or privileges
    unavailable,  // the peer cannot be reached, or closed the connection
    timeout,
    io,        // the operating system refused
    protocol,  // the peer broke its protocol
    server,    // the peer answered with an error of its own (message carries its text)
};

// Thread-safety: a value type.
struct Error {
    ErrorCode code = ErrorCode::invalid;
    std::string message;       // one sentence for the operator: the value at fault and, where known, the fix
    std::uint16_t number = 0;  // the server's own error number (MySQL), 0 where there is none
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::uint16_t number = 0) {
    return tl::unexpected<Error>(Error{code, std::move(message), number});
}

std::string_view error_code_name(ErrorCode code) noexcept;

}  // namespace sabil
