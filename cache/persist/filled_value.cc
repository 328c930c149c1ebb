#include "cache/persist/filled_value.h"

#include "cache/base/bytes.h"

namespace sabil::cache {
namespace {

constexpr std::uint8_t form_absence = 0;
constexpr std::uint8_t form_rdb = 1;
constexpr std::uint8_t form_blob = 2;

}  // namespace

void append_filled_value(std::string& out, const Entry& entry) {
    if (const auto* blob = entry.get<BlobRef>()) {
        ByteWriter writer(out);
        writer.u8(form_blob);
        writer.u16(static_cast<std::uint16_t>((*blob)->metadata().size()));
        writer.bytes((*blob)->metadata());
        writer.bytes((*blob)->bytes());
    } else if (has_rdb_form(entry)) {
        RdbEncoder encoder(out, false);
        encoder.byte(form_rdb);
        const auto type = rdb_type_of(entry, rdb::written_version);
        encoder.type(type);
        save_rdb_value(entry, type, encoder);
    } else {
        out.push_back(static_cast<char>(form_absence));
    }
}

std::optional<Value> read_filled_value(std::string_view bytes, const RdbLoadRules& rules) {
    ByteReader in(bytes);
    const auto form = in.u8();
    if (!in.ok()) return std::nullopt;
    if (form == form_absence) return in.at_end() ? std::optional<Value>(Value()) : std::nullopt;
    if (form == form_blob) {
        const auto metadata = in.take(in.u16());
        const auto content = in.take_rest();
        if (!in.ok()) return std::nullopt;
        return Value::blob(BlobRef::make(metadata, content));
    }
    if (form != form_rdb) return std::nullopt;
    const auto type = in.u8();
    MemorySource source(in.take_rest());
    RdbDecoder decoder(source);
    auto value = load_rdb_value(type, decoder, rules);
    if (!in.ok() || !value || !decoder.at_end() || is_empty_container(*value)) return std::nullopt;
    return value;
}

}  // namespace sabil::cache
