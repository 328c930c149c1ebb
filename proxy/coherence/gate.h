// Lets callbacks in until it is closed; close() waits for those inside.
#pragma once

#include <atomic>
#include <thread>

namespace sabil::proxy {

// Thread-safety: any thread. Entries may nest.
class Gate {
  public:
    class Entry {
      public:
        explicit Entry(Gate& gate) noexcept : gate_(gate) { gate_.inside_.fetch_add(1); }
        ~Entry() { gate_.inside_.fetch_sub(1); }
        Entry(const Entry&) = delete;
        Entry& operator=(const Entry&) = delete;
        explicit operator bool() const noexcept { return !gate_.closed_.load(); }

      private:
        Gate& gate_;
    };

    // Never from inside an entry.
    void close() noexcept {
        closed_ = true;
        while (inside_.load() != 0) std::this_thread::yield();
    }

  private:
    std::atomic<int> inside_{0};
    std::atomic<bool> closed_{false};
};

}  // namespace sabil::proxy
