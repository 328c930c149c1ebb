#include "mysql/wire/text_row.h"

#include "mysql/wire/length_encoded.h"

namespace sabil::mysql {

namespace {
constexpr std::uint8_t null_marker = 0xfb;
}

TextField TextRowReader::next() noexcept {
    if (in_.peek_u8() == null_marker) {
        in_.skip(1);
        return std::nullopt;
    }
    return read_length_encoded_string(in_);
}

Result<std::vector<TextField>> parse_text_row(std::string_view payload, std::size_t columns) {
    // A field takes a byte at least: a count that cannot fit must not size the vector.
    if (columns > payload.size()) return fail(ErrorCode::protocol, "a text row is cut short");
    std::vector<TextField> fields;
    fields.reserve(columns);
    TextRowReader reader(payload);
    for (std::size_t i = 0; i < columns; ++i) fields.push_back(reader.next());
    if (!reader.ok() || !reader.at_end()) {
        return fail(ErrorCode::protocol, "a text row does not hold exactly " + std::to_string(columns) + " columns");
    }
    return fields;
}

void append_text_field(std::string& out, TextField field) {
    ByteWriter w(out);
    if (field) {
        write_length_encoded_string(w, *field);
    } else {
        w.u8(null_marker);
    }
}

}  // namespace sabil::mysql
