#include "cache/persist/dump_payload.h"

#include "cache/base/bytes.h"
#include "cache/persist/crc64.h"

namespace sabil::cache {
namespace {

constexpr std::size_t trailer_bytes = 2 + 8;

}  // namespace

std::string dump_payload(const Entry& entry) {
    std::string out;
    RdbEncoder encoder(out);
    const auto type = rdb_type_of(entry, rdb::written_version);
    encoder.type(type);
    save_rdb_value(entry, type, encoder);
    const bool new_form = type == rdb::Type::hash_with_expiries;
    encoder.little_endian(new_form ? rdb::field_expiry_version : rdb::written_version, 2);
    encoder.little_endian(crc64(0, out), 8);
    return out;
}

tl::expected<Value, RestoreError> restore_payload(std::string_view payload, const RdbLoadRules& rules) {
    if (payload.size() < 1 + trailer_bytes) return tl::unexpected(RestoreError::version_or_checksum);
    ByteReader trailer(payload.substr(payload.size() - trailer_bytes));
    const auto version = trailer.u16();
    const auto checksum = trailer.u64();
    if (version > rdb::newest_version || checksum != crc64(0, payload.substr(0, payload.size() - 8))) {
        return tl::unexpected(RestoreError::version_or_checksum);
    }
    MemorySource source(payload.substr(0, payload.size() - trailer_bytes));
    RdbDecoder decoder(source);
    auto value = load_rdb_value(decoder.byte(), decoder, rules);
    if (!value || !decoder.at_end() || is_empty_container(*value)) return tl::unexpected(RestoreError::bad_data);
    return std::move(*value);
}

}  // namespace sabil::cache
