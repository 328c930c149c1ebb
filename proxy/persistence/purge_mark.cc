#include "proxy/persistence/purge_mark.h"

#include <charconv>

#include "cache/persist/durable_file.h"

namespace sabil::proxy::persistence {

Result<std::uint64_t> PurgeMark::read() {
    constexpr std::size_t bytes_max = 64;
    std::lock_guard lock(mutex_);
    auto text = cache::read_file(file_name, bytes_max);
    if (!text) {
        if (text.error().code == ErrorCode::not_found) return count_;
        return tl::unexpected(text.error());
    }
    std::uint64_t count = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
    if (error != std::errc{} || end == text->data()) {
        return fail(ErrorCode::invalid, std::string(file_name) + " is damaged");
    }
    count_ = on_disk_ = count;
    return count;
}

Result<void> PurgeMark::write() {
    const std::string name = file_name;
    if (auto done = cache::replace_file(name, "temp-" + name, std::to_string(count_) + "\n"); !done) return done;
    on_disk_ = count_;
    return {};
}

Result<std::uint64_t> PurgeMark::for_saving() {
    std::lock_guard lock(mutex_);
    if (on_disk_ != count_) {
        if (auto done = write(); !done) return tl::unexpected(done.error());
    }
    saved_ = true;
    return count_;
}

Result<void> PurgeMark::purged() {
    std::lock_guard lock(mutex_);
    ++count_;
    return saved_ ? write() : Result<void>();
}

void PurgeMark::found_saved() noexcept {
    std::lock_guard lock(mutex_);
    saved_ = true;
}

}  // namespace sabil::proxy::persistence
