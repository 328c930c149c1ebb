#include "cache/store/lock_set.h"

#include <algorithm>
#include <utility>

#include "cache/store/keyspace.h"
#include "cache/store/slice.h"
#include "cache/store/slice_lock.h"

namespace sabil::cache {

LockSet::LockSet(Keyspace& keyspace, const KeyRef& key) : keyspace_(&keyspace), mode_(Mode::few), count_(1) {
    few_[0] = static_cast<std::uint16_t>(keyspace.slice_of(key.hash));
    keyspace.slice(few_[0]).lock.lock();
}

LockSet::LockSet(Keyspace& keyspace, std::span<const KeyRef> keys) : keyspace_(&keyspace) {
    if (keys.empty()) return;
    std::span<std::uint16_t> slices;
    if (keys.size() <= few_count) {
        mode_ = Mode::few;
        slices = std::span(few_).first(keys.size());
    } else {
        mode_ = Mode::many;
        many_.resize(keys.size());
        slices = many_;
    }
    std::transform(keys.begin(), keys.end(), slices.begin(),
                   [&](const KeyRef& key) { return static_cast<std::uint16_t>(keyspace.slice_of(key.hash)); });
    std::sort(slices.begin(), slices.end());
    const auto distinct = static_cast<std::size_t>(std::unique(slices.begin(), slices.end()) - slices.begin());
    if (mode_ == Mode::many) {
        many_.resize(distinct);
    } else {
        count_ = static_cast<std::uint8_t>(distinct);
    }
    for (auto index : slices.first(distinct)) keyspace.slice(index).lock.lock();
}

LockSet LockSet::all(Keyspace& keyspace) {
    LockSet locks;
    locks.keyspace_ = &keyspace;
    locks.mode_ = Mode::all;
    SliceGate::close();
    return locks;
}

LockSet::LockSet(LockSet&& other) noexcept
    : keyspace_(other.keyspace_),
      mode_(std::exchange(other.mode_, Mode::none)),
      count_(other.count_),
      few_(other.few_),
      many_(std::move(other.many_)) {}

LockSet& LockSet::operator=(LockSet&& other) noexcept {
    if (this == &other) return *this;
    unlock();
    keyspace_ = other.keyspace_;
    mode_ = std::exchange(other.mode_, Mode::none);
    count_ = other.count_;
    few_ = other.few_;
    many_ = std::move(other.many_);
    return *this;
}

void LockSet::unlock() noexcept {
    switch (std::exchange(mode_, Mode::none)) {
        case Mode::none:
            break;
        case Mode::few:
            for (unsigned i = 0; i < count_; ++i) keyspace_->slice(few_[i]).lock.unlock();
            break;
        case Mode::many:
            for (auto index : many_) keyspace_->slice(index).lock.unlock();
            break;
        case Mode::all:
            SliceGate::open();
            break;
    }
}

}  // namespace sabil::cache
