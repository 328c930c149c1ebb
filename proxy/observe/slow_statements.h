// Statements that took long, in the log: at most so many lines a minute, the rest counted.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace sabil::proxy::observe {

// Thread-safety: note() from any thread; it neither locks nor allocates for what was quick.
class SlowStatements {
  public:
    static constexpr unsigned lines_per_minute_max = 20;
    static constexpr std::size_t text_bytes_max = 300;

    // limit: 0 logs nothing.
    explicit SlowStatements(std::chrono::nanoseconds limit) : limit_(limit) {}
    // outcome: "miss" or "bypass".
    void note(std::chrono::nanoseconds took, std::string_view text, std::string_view outcome) {
        if (limit_.count() != 0 && took >= limit_) write(took, text, outcome);
    }

  private:
    void write(std::chrono::nanoseconds took, std::string_view text, std::string_view outcome);

    std::chrono::nanoseconds limit_;
    std::mutex mutex_;
    std::chrono::steady_clock::time_point minute_began_{};
    unsigned lines_ = 0;
    std::uint64_t unsaid_ = 0;
};

}  // namespace sabil::proxy::observe
