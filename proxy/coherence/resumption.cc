#include "proxy/coherence/resumption.h"

#include "cache/base/bytes.h"
#include "cache/base/hash.h"
#include "proxy/coherence/saved_schemas.h"

namespace sabil::proxy::coherence {

using invalidation::Ledger;
using invalidation::Visible;
using mysql::binlog::BinlogPosition;
using mysql::binlog::MariadbGtidPosition;
using mysql::binlog::MysqlGtidSet;

namespace {

constexpr std::string_view magic = "SABILRSM";
constexpr std::uint32_t format = 3;
constexpr std::size_t digest_bytes = 8;

// Stamps are found by hash: a build that hashes otherwise cannot go on from here.
std::uint64_t hash_check() {
    return hash_combine(hash_bytes("sabil"), hash_bytes("resumption", 1));
}

void write_text(ByteWriter& out, std::string_view text) {
    out.u32(static_cast<std::uint32_t>(text.size()));
    out.bytes(text);
}

std::string read_text(ByteReader& in) {
    return std::string(in.take(in.u32()));
}

void write_place(ByteWriter& out, const Visible& at, const MariadbGtidPosition& gtids) {
    if (const auto* set = std::get_if<MysqlGtidSet>(&at)) {
        out.u8(1);
        return write_text(out, set->to_string());
    }
    const auto& position = std::get<BinlogPosition>(at);
    out.u8(0);
    write_text(out, position.file);
    out.u64(position.offset);
    write_text(out, gtids.to_string());
}

Result<void> read_place(ByteReader& in, Resumption& out) {
    if (in.u8() == 1) {
        auto set = MysqlGtidSet::parse(read_text(in));
        if (!set) return tl::unexpected(set.error());
        out.at = std::move(*set);
        return {};
    }
    BinlogPosition position;
    position.file = read_text(in);
    position.offset = in.u64();
    out.at = std::move(position);
    auto text = read_text(in);
    if (text.empty()) return {};
    auto gtids = MariadbGtidPosition::parse(text);
    if (!gtids) return tl::unexpected(gtids.error());
    out.gtids = std::move(*gtids);
    return {};
}

void write_registry(ByteWriter& out, const Ledger::Registry& registry) {
    out.u32(registry.next_signature);
    out.u32(static_cast<std::uint32_t>(registry.signatures.size()));
    for (const auto& one : registry.signatures) {
        write_text(out, one.schema);
        write_text(out, one.table);
        out.u32(one.signature.id);
        out.u16(static_cast<std::uint16_t>(one.signature.columns.size()));
        for (auto column : one.signature.columns) out.u16(column);
        out.u8(static_cast<std::uint8_t>(one.signature.shape.kind));
        out.u64(one.signature.shape.bound);
    }
}

void read_registry(ByteReader& in, Ledger::Registry& out) {
    out.next_signature = in.u32();
    auto count = in.u32();
    for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
        Ledger::Registered one;
        one.schema = read_text(in);
        one.table = read_text(in);
        one.signature.id = in.u32();
        auto columns = in.u16();
        for (std::uint16_t column = 0; column < columns && in.ok(); ++column) {
            one.signature.columns.push_back(in.u16());
        }
        one.signature.shape.kind = static_cast<invalidation::SignatureShape::Kind>(in.u8());
        one.signature.shape.bound = in.u64();
        out.signatures.push_back(std::move(one));
    }
}

}  // namespace

std::string Resumption::encode() const {
    std::string bytes;
    ByteWriter out(bytes);
    out.bytes(magic);
    out.u32(format);
    out.u64(hash_check());
    out.u8(static_cast<std::uint8_t>(identity.kind));
    write_text(out, identity.server_uuid);
    out.u32(identity.server_id);
    out.u64(static_cast<std::uint64_t>(identity.start_time));
    out.u64(identity.connection_id);
    out.u64(resets);
    out.u64(applied.epoch);
    out.u64(applied.n);
    write_place(out, at, gtids);
    write_registry(out, registry);
    write_schemas(out, schemas);
    out.u64(hash_bytes(bytes));
    return bytes;
}

Result<Resumption> Resumption::decode(std::string_view bytes) {
    auto damaged = [] { return fail(ErrorCode::invalid, "the saved place in the binlog is damaged"); };
    if (bytes.size() < magic.size() + digest_bytes || !bytes.starts_with(magic)) return damaged();
    auto body = bytes.substr(0, bytes.size() - digest_bytes);
    if (ByteReader(bytes.substr(body.size())).u64() != hash_bytes(body)) return damaged();
    ByteReader in(body);
    in.skip(magic.size());
    if (in.u32() != format || in.u64() != hash_check()) {
        return fail(ErrorCode::invalid, "the place in the binlog was saved by another version");
    }
    Resumption out;
    out.identity.kind = in.u8() == 0 ? mysql::ServerKind::mysql : mysql::ServerKind::mariadb;
    out.identity.server_uuid = read_text(in);
    out.identity.server_id = in.u32();
    out.identity.start_time = static_cast<std::int64_t>(in.u64());
    out.identity.connection_id = in.u64();
    out.resets = in.u64();
    out.applied.epoch = in.u64();
    out.applied.n = in.u64();
    if (auto place = read_place(in, out); !place) return tl::unexpected(place.error());
    read_registry(in, out.registry);
    out.schemas = read_schemas(in);
    if (!in.ok() || !in.at_end()) return damaged();
    return out;
}

}  // namespace sabil::proxy::coherence
