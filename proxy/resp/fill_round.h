// The fills one command waits for: started together, and complete when the last of them has answered.
#pragma once

#include "proxy/resp/read_through.h"

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sabil::proxy::resp {

// Thread-safety: everything on the client's worker, and never while fills are under way but for their own answers.
class FillRound : public std::enable_shared_from_this<FillRound> {
  public:
    // A key that is dropped again before its command ran is filled again; beyond this its client gets an error.
    static constexpr unsigned rounds_max = 8;

    struct Key {
        unsigned database = 0;
        std::string key;
        FillResult result;
        bool answered = false;
    };

    // The key is to be filled in the next round, whatever was answered before.
    void want(unsigned database, std::string_view key);
    // The last answer for this key; null before it.
    const FillResult* result(unsigned database, std::string_view key) const noexcept;
    unsigned rounds() const noexcept { return rounds_; }
    // Starts what is wanted. `complete` runs once, on any thread, possibly before start() returns.
    void start(ReadThrough& lookups, std::function<void()> complete);

  private:
    void answered_one();

    std::vector<std::unique_ptr<Key>> keys_;
    std::atomic<std::size_t> under_way_{0};
    std::function<void()> complete_;
    unsigned rounds_ = 0;
};

}  // namespace sabil::proxy::resp
