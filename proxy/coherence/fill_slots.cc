#include "proxy/coherence/fill_slots.h"

#include <algorithm>
#include <string>
#include <utility>

#include "cache/base/hash.h"

namespace sabil::proxy {

FillSlots::Tables FillSlots::tables_of(const invalidation::sql::Statement& statement, std::string_view default_schema) {
    Tables out;
    for (const auto& use : statement.reads) {
        std::string name(use.name.schema.empty() ? default_schema : std::string_view(use.name.schema));
        name.append(1, '\0').append(use.name.table);
        out.push_back(hash_bytes(name));
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

bool FillSlots::fits(const Tables& tables) const {
    if (taken_ >= limits_.in_all_max) return false;
    return std::all_of(tables.begin(), tables.end(), [&](auto table) {
        const auto found = of_table_.find(table);
        return found == of_table_.end() || found->second < limits_.per_table_max;
    });
}

FillSlots::SlotRef FillSlots::take(const Tables& tables) {
    ++taken_;
    for (const auto table : tables) ++of_table_[table];
    return std::make_shared<Slot>(shared_from_this(), tables);
}

FillSlots::SlotRef FillSlots::try_take(const Tables& tables) {
    const std::lock_guard lock(mutex_);
    return fits(tables) ? take(tables) : nullptr;
}

std::shared_ptr<FillSlots::Waiting> FillSlots::wait(Tables tables, Then then) {
    auto waiting = std::make_shared<Waiting>();
    SlotRef slot;
    {
        const std::lock_guard lock(mutex_);
        if (fits(tables)) {
            slot = take(tables);
        } else if (queue_.size() >= limits_.waiting_max) {
            return nullptr;
        } else {
            waiting->slots_ = weak_from_this();
            waiting->tables_ = std::move(tables);
            waiting->then_ = std::move(then);
            queue_.push_back(waiting);
        }
    }
    if (slot) then(std::move(slot));
    return waiting;
}

bool FillSlots::Waiting::give_up() {
    const auto slots = slots_.lock();
    if (!slots) return false;
    const std::lock_guard lock(slots->mutex_);
    if (!then_) return false;
    then_ = nullptr;
    std::erase_if(slots->queue_, [this](const auto& waiting) { return waiting.get() == this; });
    return true;
}

// The first in the queue whom it lets through: those behind a table that is full do not hold up the others.
void FillSlots::free(const Tables& tables) {
    std::vector<std::pair<Then, SlotRef>> ready;
    {
        const std::lock_guard lock(mutex_);
        --taken_;
        for (const auto table : tables) {
            const auto at = of_table_.find(table);
            if (--at->second == 0) of_table_.erase(at);
        }
        for (auto at = queue_.begin(); at != queue_.end() && taken_ < limits_.in_all_max;) {
            if (!fits((*at)->tables_)) {
                ++at;
                continue;
            }
            auto slot = take((*at)->tables_);
            ready.emplace_back(std::exchange((*at)->then_, nullptr), std::move(slot));
            at = queue_.erase(at);
        }
    }
    for (auto& [then, slot] : ready) then(std::move(slot));
}

std::size_t FillSlots::taken() const {
    const std::lock_guard lock(mutex_);
    return taken_;
}

}  // namespace sabil::proxy
