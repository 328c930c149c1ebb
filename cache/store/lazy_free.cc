#include "cache/store/lazy_free.h"

#include <utility>

namespace sabil::cache {
namespace {

std::uint64_t weight(const Entry* entry, const EntryIndex* entries) noexcept {
    return (entry != nullptr ? 1U : 0U) + (entries != nullptr ? entries->size() : 0U);
}

}  // namespace

LazyFreeQueue::~LazyFreeQueue() {
    drain();
}

void LazyFreeQueue::free(Entry* entry) {
    push({entry, nullptr});
}

void LazyFreeQueue::free(std::unique_ptr<EntryIndex> entries) {
    push({nullptr, std::move(entries)});
}

void LazyFreeQueue::push(Item item) {
    {
        std::lock_guard guard(mutex_);
        if (items_.size() < limit_items) {
            pending_.fetch_add(weight(item.entry, item.entries.get()), std::memory_order_relaxed);
            items_.push_back(std::move(item));
            return;
        }
    }
    destroy(item);
}

void LazyFreeQueue::destroy(Item& item) noexcept {
    freed_.fetch_add(weight(item.entry, item.entries.get()), std::memory_order_relaxed);
    if (item.entry != nullptr) EntryBuilder::destroy(item.entry);
    if (item.entries != nullptr) {
        item.entries->for_each_slot([](EntryIndex::Slot slot) { EntryBuilder::destroy(slot.item()); });
    }
}

std::size_t LazyFreeQueue::drain() {
    std::size_t count = 0;
    while (true) {
        Item item;
        {
            std::lock_guard guard(mutex_);
            if (items_.empty()) return count;
            item = std::move(items_.front());
            items_.pop_front();
        }
        const auto freed = weight(item.entry, item.entries.get());
        destroy(item);
        pending_.fetch_sub(freed, std::memory_order_relaxed);
        ++count;
    }
}

}  // namespace sabil::cache
