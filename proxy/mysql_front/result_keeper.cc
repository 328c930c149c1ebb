#include "proxy/mysql_front/result_keeper.h"

#include <cstring>

#include "cache/base/bytes.h"
#include "proxy/mysql_front/stored_result.h"

namespace sabil::proxy::mysql_front {
namespace {

constexpr std::size_t version_bytes = 8;  // of the rules, at the head of a session's fingerprint
constexpr std::uint32_t no_tag = UINT32_MAX;

void write_text(ByteWriter& out, std::string_view text) {
    out.u32(static_cast<std::uint32_t>(text.size()));
    out.bytes(text);
}

std::string version_of(const RuleSet& rules) {
    std::string out;
    ByteWriter(out).u64(rules.version);
    return out;
}

// shared: text rules, u32 sessions: { u32 id, text fingerprint without the rules' version }, u32 statements: { text },
// u32 column definitions: { bytes }, their ids being 1, 2 ...;
// own: u32 the tag's counter. The ids in keys and results are the saving process's.
class ResultScribe final : public persistence::FillScribe {
  public:
    explicit ResultScribe(const FrontParts& parts) : tags_(parts.tags) {
        const auto rules = parts.rules.load();
        const auto version = version_of(*rules);
        ByteWriter out(shared_);
        write_text(out, rules->text);
        std::string sessions;
        ByteWriter sessions_out(sessions);
        for (const auto& [bytes, id] : parts.fingerprints.all()) {
            if (!bytes.starts_with(version)) continue;
            sessions_out.u32(id);
            write_text(sessions_out, std::string_view(bytes).substr(version_bytes));
            known_.emplace(id, id);
        }
        out.u32(static_cast<std::uint32_t>(known_.size()));
        out.bytes(sessions);
        const auto texts = parts.statistics.texts();
        out.u32(static_cast<std::uint32_t>(texts.size()));
        for (const auto& text : texts) write_text(out, text);
        statements_ = texts.size();
        definitions_ = parts.definitions.count();
        out.u32(static_cast<std::uint32_t>(definitions_));
        for (std::size_t id = 1; id <= definitions_; ++id) {
            write_text(out, parts.definitions.bytes(static_cast<DefinitionsId>(id)));
        }
    }

    std::string_view shared() const override { return shared_; }

    bool describe(const cache::Entry& entry, persistence::FillProof& proof, std::string& own) const override {
        const auto* filled = dynamic_cast<const ResultProvenance*>(entry.provenance());
        const auto* blob = entry.get<cache::BlobRef>();
        if (filled == nullptr || blob == nullptr || !filled->marks_hold()) return false;
        if ((*blob)->metadata().size() != sizeof(StoredResultHead)) return false;
        const auto head = head_of(**blob);
        if (head.statement >= statements_ || head.definitions > definitions_) return false;
        std::string same;
        if (!rename_sessions(entry.key(), known_, same)) return false;
        const auto depends_on = filled->dependencies();
        proof.dependencies.assign(depends_on.begin(), depends_on.end());
        proof.floor = filled->floor();
        const auto* cell = filled->tag().cell;
        ByteWriter(own).u32(cell == nullptr ? no_tag : tags_.number(cell));
        return true;
    }

  private:
    const TagMarks& tags_;
    std::string shared_;
    std::unordered_map<FingerprintId, FingerprintId> known_;
    std::size_t statements_ = 0;
    std::size_t definitions_ = 0;
};

}  // namespace

std::unique_ptr<persistence::FillScribe> ResultKeeper::scribe() const {
    return std::make_unique<ResultScribe>(parts_);
}

bool ResultKeeper::begin_restore(std::string_view shared) {
    ByteReader in(shared);
    const auto rules = parts_.rules.load();
    if (in.take(in.u32()) != rules->text) return false;
    const auto version = version_of(*rules);
    const auto sessions = in.u32();
    for (std::uint32_t i = 0; i < sessions && in.ok(); ++i) {
        const auto id = in.u32();
        const auto bytes = in.take(in.u32());
        if (!in.ok()) return false;
        const auto ours = parts_.fingerprints.intern(version + std::string(bytes));
        if (ours != 0) fingerprints_.emplace(id, ours);
    }
    const auto statements = in.u32();
    for (std::uint32_t i = 0; i < statements && in.ok(); ++i) {
        const auto text = in.take(in.u32());
        statements_.push_back(i == 0 ? StatementId{0} : parts_.statistics.intern(text));  // 0 stands for all others
    }
    const auto definitions = in.u32();
    for (std::uint32_t i = 0; i < definitions && in.ok(); ++i) {
        definitions_.push_back(parts_.definitions.share_at_once(in.take(in.u32())));
    }
    return in.ok() && in.at_end();
}

std::unique_ptr<const cache::Provenance> ResultKeeper::revive(persistence::SavedFill& fill) {
    ByteReader in(fill.own);
    const auto tag = in.u32();
    const auto* blob = fill.value.get<cache::BlobRef>();
    std::string key;
    if (!in.ok() || blob == nullptr || (*blob)->metadata().size() != sizeof(StoredResultHead)) return nullptr;
    if (tag != no_tag && tag >= TagMarks::cells_count) return nullptr;
    if (!rename_sessions(fill.key, fingerprints_, key)) return nullptr;
    auto head = head_of(**blob);
    if (head.statement >= statements_.size()) return nullptr;
    head.statement = statements_[head.statement];
    if (head.definitions != 0) {
        head.definitions = head.definitions <= definitions_.size() ? definitions_[head.definitions - 1U] : DefinitionsId{0};
        if (head.definitions == 0) return nullptr;
    }
    const std::string_view metadata(reinterpret_cast<const char*>(&head), sizeof(head));
    fill.value = cache::Value::blob(cache::BlobRef::make(metadata, (*blob)->bytes()));
    fill.key = std::move(key);
    const auto mark = [](const std::atomic<std::uint32_t>* cell) {
        return ResultProvenance::Mark{cell, cell->load(std::memory_order_acquire)};
    };
    return ResultProvenance::make(
        parts_.coherence, fill.proof.dependencies, fill.proof.floor,
        mark(parts_.statistics.generation_cell(head.statement)),
        tag == no_tag ? ResultProvenance::Mark{} : mark(parts_.tags.cell_at(tag)));
}

}  // namespace sabil::proxy::mysql_front
