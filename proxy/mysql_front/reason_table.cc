#include "proxy/mysql_front/reason_table.h"

#include <array>
#include <atomic>
#include <mutex>
#include <unordered_map>

#include "cache/base/hash.h"

namespace sabil::proxy::mysql_front {
namespace {

struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view bytes) const noexcept { return hash_bytes(bytes); }
};
using Ids = std::unordered_map<std::string, ReasonId, Hash, std::equal_to<>>;

}  // namespace

struct ReasonTable::Names {
    std::mutex mutex;
    Ids ids;
    std::array<std::string, reasons_count_max> texts;
    std::atomic<std::size_t> count{1};
    Names() { texts[0] = "other"; }
};

struct ReasonTable::Seen {
    Ids ids;
};

ReasonTable::ReasonTable() : seen_(std::make_unique<Seen>()) {}
ReasonTable::~ReasonTable() = default;

ReasonTable::Names& ReasonTable::names() {
    static auto* shared = new Names;  // outlives every reader
    return *shared;
}

ReasonId ReasonTable::id(std::string_view name) {
    if (auto seen = seen_->ids.find(name); seen != seen_->ids.end()) return seen->second;
    auto& shared = names();
    ReasonId result = 0;
    {
        const std::lock_guard lock(shared.mutex);
        const auto count = shared.count.load(std::memory_order_relaxed);
        if (auto known = shared.ids.find(name); known != shared.ids.end()) {
            result = known->second;
        } else if (count < reasons_count_max) {
            result = static_cast<ReasonId>(count);
            shared.texts[count] = name;
            shared.ids.emplace(std::string(name), result);
            shared.count.store(count + 1, std::memory_order_release);
        }
    }
    if (seen_->ids.size() < reasons_count_max) seen_->ids.emplace(std::string(name), result);
    return result;
}

std::string_view ReasonTable::name(ReasonId id) noexcept { return names().texts[id]; }

std::size_t ReasonTable::known_count() noexcept { return names().count.load(std::memory_order_acquire); }

}  // namespace sabil::proxy::mysql_front
