#include "mysql/wire/query_request.h"

#include "cache/base/bytes.h"
#include "mysql/wire/command.h"
#include "mysql/wire/length_encoded.h"

namespace sabil::mysql {

Result<QueryRequest> parse_query(std::string_view payload, Capabilities capabilities) {
    ByteReader in(payload);
    if (in.u8() != static_cast<std::uint8_t>(Command::query)) {
        return fail(ErrorCode::protocol, "the packet is no COM_QUERY");
    }
    QueryRequest request;
    if (has(capabilities, capability::query_attributes)) {
        const auto count = read_length_encoded(in);
        const auto sets = read_length_encoded(in);
        if (!in.ok() || sets != 1 || count > parameters_count_max) {
            return fail(ErrorCode::protocol, "a COM_QUERY's attributes do not fit their counts");
        }
        auto attributes = read_parameters(in, static_cast<std::size_t>(count), true, request.attribute_types, {});
        if (!attributes) return tl::unexpected(attributes.error());
        request.attributes = std::move(*attributes);
    }
    request.text = in.take_rest();
    return request;
}

Result<void> build_query(std::string& out, std::string_view text, Capabilities capabilities,
                         const std::vector<Parameter>& attributes) {
    ByteWriter w(out);
    w.u8(static_cast<std::uint8_t>(Command::query));
    if (has(capabilities, capability::query_attributes)) {
        write_length_encoded(w, attributes.size());
        write_length_encoded(w, 1);
        if (auto written = write_parameters(w, attributes, true); !written) return written;
    } else if (!attributes.empty()) {
        return fail(ErrorCode::invalid, "query attributes need the capability CLIENT_QUERY_ATTRIBUTES");
    }
    w.bytes(text);
    return {};
}

}  // namespace sabil::mysql
