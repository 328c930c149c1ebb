#include "proxy/coherence/schema_loader.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace sabil::proxy::coherence {

using invalidation::schema_questions;
using invalidation::SchemaDefinition;
using invalidation::TextRow;
using invalidation::TextRows;

namespace {

std::optional<std::string> text_of(const mysql::Cell& cell) {
    if (const auto* text = std::get_if<std::string>(&cell)) return *text;
    if (const auto* number = std::get_if<std::int64_t>(&cell)) return std::to_string(*number);
    if (const auto* number = std::get_if<std::uint64_t>(&cell)) return std::to_string(*number);
    return std::nullopt;
}

TextRows text_rows(const mysql::Rows& rows) {
    TextRows out;
    out.reserve(rows.rows.size());
    for (const auto& row : rows.rows) {
        TextRow fields;
        for (const auto& cell : row) fields.push_back(text_of(cell));
        out.push_back(std::move(fields));
    }
    return out;
}

}  // namespace

// Filled on pool threads, one question after the other; handed to the engine's thread at the end.
struct SchemaLoader::Load {
    std::string schema;
    invalidation::sql::ParseMode mode;
    invalidation::Floor floor;
    std::array<TextRows, schema_questions.size()> answers;
    Result<SchemaDefinition> definition = fail(ErrorCode::unavailable, "not read yet");
    SteadyTime read_at{};
};

SchemaLoader::SchemaLoader(mysql::Pool& pool, const invalidation::Ledger& ledger, invalidation::Catalog& catalog,
                           Post post, std::function<void()> on_read)
    : pool_(pool), ledger_(ledger), catalog_(catalog), post_(std::move(post)), on_read_(std::move(on_read)) {}
SchemaLoader::~SchemaLoader() = default;

bool SchemaLoader::want(const std::vector<std::string>& schemas) {
    bool added = false;
    std::lock_guard lock(mutex_);
    for (const auto& schema : schemas) {
        if (wanted_.size() >= wanted_count_max || loading_.contains(schema)) continue;
        added = wanted_.emplace(schema, SteadyTime{}).second || added;
    }
    return added;
}

void SchemaLoader::reset() {
    std::lock_guard lock(mutex_);
    loading_.clear();
    read_.clear();
}

bool SchemaLoader::step(SteadyTime now, Moment moment, const invalidation::sql::ParseMode& mode) {
    std::vector<std::shared_ptr<Load>> ready;
    std::vector<std::string> starting;
    bool needs_probe = false;
    {
        std::lock_guard lock(mutex_);
        std::erase_if(read_, [&](const auto& load) {
            if (moment.has_tailer && moment.horizon <= load->read_at) {
                needs_probe = needs_probe || moment.newest_probe <= load->read_at;
                return false;
            }
            ready.push_back(load);
            return true;
        });
        for (auto at = wanted_.begin(); at != wanted_.end() && loading_.size() + starting.size() < loading_count_max;) {
            if (at->second > now) {
                ++at;
                continue;
            }
            starting.push_back(at->first);
            at = wanted_.erase(at);
        }
    }
    for (auto& load : ready) {
        bool accepted = load->floor.epoch == ledger_.epoch() && load->definition &&
                        catalog_.accept(std::move(*load->definition), load->floor.n);
        std::lock_guard lock(mutex_);
        loading_.erase(load->schema);
        if (!accepted) wanted_.emplace(load->schema, SteadyTime{});
    }
    for (auto& schema : starting) start(std::move(schema), mode);
    return needs_probe;
}

void SchemaLoader::start(std::string schema, const invalidation::sql::ParseMode& mode) {
    auto load = std::make_shared<Load>();
    load->schema = std::move(schema);
    load->mode = mode;
    load->floor = ledger_.floor();
    {
        std::lock_guard lock(mutex_);
        loading_[load->schema] = load;
    }
    ask(load, 0);
}

void SchemaLoader::ask(const std::shared_ptr<Load>& load, std::size_t question) {
    auto text = std::string(invalidation::schema_question_text(schema_questions.at(question)));
    auto post = post_;
    auto done = [this, post, load, question](Result<mysql::Rows> rows) {
        if (!rows) {
            load->definition = tl::unexpected(rows.error());
        } else {
            load->answers.at(question) = text_rows(*rows);
            bool last = question + 1 == schema_questions.size();
            if (last) load->definition = invalidation::read_schema(load->schema, load->answers, load->mode);
            if (!last) return post([this, load, question] { ask(load, question + 1); });
        }
        load->read_at = std::chrono::steady_clock::now();
        post([this, load] { finished(load); });
    };
    pool_.submit(std::move(text), {load->schema}, std::move(done), read_limit);
}

bool SchemaLoader::idle() const {
    std::lock_guard lock(mutex_);
    return wanted_.empty() && loading_.empty();
}

void SchemaLoader::finished(const std::shared_ptr<Load>& load) {
    if (keep(load)) on_read_();
}

// True where it waits to be accepted.
bool SchemaLoader::keep(const std::shared_ptr<Load>& load) {
    std::lock_guard lock(mutex_);
    auto at = loading_.find(load->schema);
    bool given_up = at == loading_.end() || at->second != load;  // reset() came in between
    if (given_up) return false;
    if (load->definition) {
        read_.push_back(load);
        return true;
    }
    spdlog::warn("schema {} could not be read, its tables are not cached: {}", load->schema,
                 load->definition.error().message);
    loading_.erase(at);
    wanted_.emplace(load->schema, std::chrono::steady_clock::now() + retry_after);
    return false;
}

}  // namespace sabil::proxy::coherence
