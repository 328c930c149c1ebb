// COM_QUERY: under query_attributes, length-encoded count of attributes and of sets (1), the attributes; then the text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cache/base/result.h"
#include "mysql/wire/capabilities.h"
#include "mysql/wire/parameters.h"

namespace sabil::mysql {

struct QueryRequest {
    std::string_view text;               // views the packet
    std::vector<Parameter> attributes;
    std::vector<ParameterType> attribute_types;  // owns the attributes' names
};

// payload includes the command byte. Without query_attributes it cannot fail on a COM_QUERY. Errors: protocol.
Result<QueryRequest> parse_query(std::string_view payload, Capabilities capabilities);
Result<void> build_query(std::string& out, std::string_view text, Capabilities capabilities,
                         const std::vector<Parameter>& attributes = {});

}  // namespace sabil::mysql
