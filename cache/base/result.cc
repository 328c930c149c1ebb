#include "cache/base/result.h"

namespace sabil {

std::string_view error_code_name(ErrorCode code) noexcept {
    switch (code) {
        case ErrorCode::invalid:
            return "invalid";
        case ErrorCode::out_of_range:
            return "out of range";
        case ErrorCode::not_found:
            return "not found";
        case ErrorCode::unsupported:
            return "unsupported";
        case ErrorCode::denied:
            return "denied";
        case ErrorCode::unavailable:
            return "unavailable";
        case ErrorCode::timeout:
            return "timeout";
        case ErrorCode::io:
            return "i/o";
        case ErrorCode::protocol:
            return "protocol";
        case ErrorCode::server:
            return "server";
    }
    return "unknown";
}

}  // namespace sabil
