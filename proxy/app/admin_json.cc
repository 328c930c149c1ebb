#include "proxy/app/admin_json.h"

#include <charconv>
#include <cmath>

#include "proxy/readthrough/json_text.h"

namespace sabil::proxy::app {
namespace {

void append_value(std::string& out, const resp::AdminValue& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return readthrough::append_json_string(out, *text);
    if (const auto* flag = std::get_if<bool>(&value)) {
        out += *flag ? "true" : "false";
        return;
    }
    if (const auto* whole = std::get_if<std::int64_t>(&value)) {
        out += std::to_string(*whole);
        return;
    }
    auto number = std::get<double>(value);
    if (!std::isfinite(number)) {
        out += "null";
        return;
    }
    char text[40];
    out.append(text, std::to_chars(text, text + sizeof text, number).ptr);
}

void append_record(std::string& out, const resp::AdminRecord& record) {
    out += '{';
    for (const auto& [name, value] : record) {
        if (out.back() != '{') out += ',';
        readthrough::append_json_string(out, name);
        out += ':';
        append_value(out, value);
    }
    out += '}';
}

}  // namespace

std::string to_json(const resp::AdminRecord& record) {
    std::string out;
    append_record(out, record);
    return out;
}

std::string to_json(const std::vector<resp::AdminRecord>& records) {
    std::string out = "[";
    for (const auto& record : records) {
        if (out.size() > 1) out += ',';
        append_record(out, record);
    }
    out += ']';
    return out;
}

}  // namespace sabil::proxy::app
