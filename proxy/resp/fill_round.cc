#include "proxy/resp/fill_round.h"

namespace sabil::proxy::resp {

void FillRound::want(unsigned database, std::string_view key) {
    for (auto& known : keys_) {
        if (known->database == database && known->key == key) {
            known->answered = false;
            return;
        }
    }
    keys_.push_back(std::make_unique<Key>(Key{database, std::string(key), {}, false}));
}

const FillResult* FillRound::result(unsigned database, std::string_view key) const noexcept {
    for (const auto& known : keys_) {
        if (known->answered && known->database == database && known->key == key) return &known->result;
    }
    return nullptr;
}

void FillRound::start(ReadThrough& lookups, std::function<void()> complete) {
    ++rounds_;
    complete_ = std::move(complete);
    std::vector<Key*> wanted;
    for (auto& key : keys_) {
        if (!key->answered) wanted.push_back(key.get());
    }
    under_way_ = wanted.size() + 1;  // one for this loop: answers may come before it ends
    for (Key* key : wanted) {
        lookups.fill(key->database, key->key, [self = shared_from_this(), key](FillResult result) {
            key->result = std::move(result);
            key->answered = true;
            self->answered_one();
        });
    }
    answered_one();
}

void FillRound::answered_one() {
    if (under_way_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    auto complete = std::move(complete_);
    complete();
}

}  // namespace sabil::proxy::resp
