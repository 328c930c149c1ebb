#include "proxy/persistence/filled_snapshot.h"

#include "cache/base/bytes.h"
#include "cache/base/hash.h"
#include "cache/persist/filled_value.h"
#include "cache/store/filled_scan.h"

namespace sabil::proxy::persistence {
namespace {

void write_text(ByteWriter& out, std::string_view text) {
    out.u32(static_cast<std::uint32_t>(text.size()));
    out.bytes(text);
}

std::string record(const std::string& for_people, std::string_view bytes) {
    std::string out = for_people;
    out.push_back('\0');
    ByteWriter writer(out);
    writer.u64(hash_bytes(bytes));
    writer.bytes(bytes);
    return out;
}

}  // namespace

FilledSnapshot::FilledSnapshot(const Coherence& coherence, SavePoint point, const std::vector<FillKeeper*>& keepers,
                               std::string settings, std::uint64_t purges)
    : coherence_(coherence), point_(std::move(point)), settings_(std::move(settings)), purges_(purges) {
    for (const auto* keeper : keepers) faces_.emplace_back(keeper->name(), keeper->scribe());
}

std::uint64_t FilledSnapshot::write(cache::Keyspace& keyspace, const cache::AuxWriter& write) const {
    std::string head;
    ByteWriter writer(head);
    writer.u32(filled_format);
    write_text(writer, SABIL_VERSION);
    write_text(writer, settings_);
    writer.u64(purges_);
    write_text(writer, point_.bytes);
    writer.u64(point_.applied.epoch);
    writer.u16(static_cast<std::uint16_t>(faces_.size()));
    for (const auto& [name, scribe] : faces_) {
        write_text(writer, name);
        write_text(writer, scribe->shared());
    }
    write(filled_head_name, record("the place in the binlog", head));

    std::uint64_t total = 0;
    std::uint32_t count = 0;
    std::string entries;
    auto flush = [&] {
        if (count == 0) return;
        std::string counted;
        ByteWriter(counted).u32(count);
        counted += entries;
        write(filled_entries_name, record(std::to_string(count) + " entries filled from MySQL", counted));
        total += count;
        count = 0;
        entries.clear();
    };
    cache::for_each_filled(keyspace, [&](unsigned database, const cache::Entry& entry) {
        if (!append(entries, database, entry)) return;
        ++count;
        if (entries.size() >= record_bytes) flush();
    });
    flush();
    return total;
}

bool FilledSnapshot::append(std::string& out, unsigned database, const cache::Entry& entry) const {
    FillProof proof;
    std::string own;
    std::size_t face = 0;
    while (face < faces_.size() && !faces_[face].second->describe(entry, proof, own)) ++face;
    if (face == faces_.size() || proof.dependencies.size() > UINT16_MAX) return false;
    if (!point_.covers(proof.dependencies, proof.floor)) return false;
    if (!coherence_.storable(proof.dependencies, proof.floor)) return false;
    ByteWriter writer(out);
    writer.u8(static_cast<std::uint8_t>(face));
    writer.u32(database);
    write_text(writer, entry.key());
    const auto expiry = entry.expiry();
    writer.u64(static_cast<std::uint64_t>(expiry ? expiry->time_since_epoch().count() : -1));
    writer.u64(proof.floor.n);
    writer.u16(static_cast<std::uint16_t>(proof.dependencies.size()));
    for (const auto& dependency : proof.dependencies) {
        writer.u32(dependency.slot);
        writer.u32(dependency.signature);
    }
    write_text(writer, own);
    std::string value;
    cache::append_filled_value(value, entry);
    write_text(writer, value);
    return true;
}

}  // namespace sabil::proxy::persistence
