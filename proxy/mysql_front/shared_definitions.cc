#include "proxy/mysql_front/shared_definitions.h"

namespace sabil::proxy::mysql_front {

SharedDefinitions::~SharedDefinitions() {
    for (auto& text : texts_) delete text.load(std::memory_order_relaxed);
}

DefinitionsId SharedDefinitions::share(std::string_view bytes) {
    if (bytes.size() < shared_bytes_min || bytes.size() > shared_bytes_max) return 0;
    const std::lock_guard lock(mutex_);
    if (const auto known = ids_.find(bytes); known != ids_.end()) return known->second;
    return doorkeeper_.seen_before(hash_bytes(bytes)) ? add(bytes) : DefinitionsId{0};
}

DefinitionsId SharedDefinitions::share_at_once(std::string_view bytes) {
    if (bytes.size() < shared_bytes_min || bytes.size() > shared_bytes_max) return 0;
    const std::lock_guard lock(mutex_);
    const auto known = ids_.find(bytes);
    return known != ids_.end() ? known->second : add(bytes);
}

DefinitionsId SharedDefinitions::add(std::string_view bytes) {
    const auto id = count_.load(std::memory_order_relaxed) + 1;
    if (id > definitions_count_max || bytes.size() > bytes_max - used_bytes_) return 0;
    auto text = std::make_unique<const std::string>(bytes);
    ids_.emplace(*text, static_cast<DefinitionsId>(id));
    used_bytes_ += bytes.size();
    texts_[id].store(text.release(), std::memory_order_release);
    count_.store(id, std::memory_order_release);
    return static_cast<DefinitionsId>(id);
}

}  // namespace sabil::proxy::mysql_front
