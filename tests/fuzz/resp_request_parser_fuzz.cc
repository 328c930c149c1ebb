// Whatever the bytes and however they are cut, the parser reads the same commands.
#include "proxy/resp/request_parser.h"

#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using sabil::proxy::resp::RequestParser;

std::string read_all(const std::string& bytes, std::size_t step) {
    RequestParser parser;
    std::string buffer;
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        buffer += bytes.substr(at, step);
        for (;;) {
            std::string moved = buffer;
            std::vector<std::string_view> args;
            auto status = parser.next(moved, {}, args);
            if (status == RequestParser::Status::error) return out += "!" + std::string(parser.error());
            if (status == RequestParser::Status::incomplete) break;
            if (parser.consumed() == 0 || parser.consumed() > moved.size()) std::abort();
            for (auto arg : args) (out += arg) += '\0';
            out += '\n';
            buffer.erase(0, parser.consumed());
        }
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t bytes_max = 4096;  // longer inputs only repeat what shorter ones do
    if (size < 2 || size > bytes_max) return 0;
    std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (read_all(bytes, bytes.size()) != read_all(bytes, 1 + data[0] % 32)) std::abort();
    return 0;
}
