// Commands and bytes per second over the last few samples: INFO's instantaneous figures.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>

namespace sabil::proxy::resp {

// Thread-safety: any thread.
class Rates {
  public:
    static constexpr std::size_t samples_count = 16;
    // Totals since the start, told about once a second by one thread.
    void sample(std::uint64_t commands, std::uint64_t bytes_in, std::uint64_t bytes_out) {
        std::lock_guard lock(mutex_);
        samples_[next_++ % samples_count] = {std::chrono::steady_clock::now(), {commands, bytes_in, bytes_out}};
    }
    std::uint64_t commands_per_second() const { return static_cast<std::uint64_t>(per_second(0)); }
    double input_kilobytes_per_second() const { return per_second(1) / 1024; }
    double output_kilobytes_per_second() const { return per_second(2) / 1024; }

  private:
    struct Sample {
        std::chrono::steady_clock::time_point at{};
        std::array<std::uint64_t, 3> totals{};
    };
    double per_second(std::size_t what) const {
        std::lock_guard lock(mutex_);
        if (next_ < 2) return 0;
        const auto& newest = samples_[(next_ - 1) % samples_count];
        const auto& oldest = samples_[next_ <= samples_count ? 0 : next_ % samples_count];
        auto seconds = std::chrono::duration<double>(newest.at - oldest.at).count();
        auto grown = newest.totals[what] - oldest.totals[what];
        // CONFIG RESETSTAT sets totals back.
        bool sensible = seconds > 0 && newest.totals[what] >= oldest.totals[what];
        return sensible ? static_cast<double>(grown) / seconds : 0;
    }

    mutable std::mutex mutex_;
    std::array<Sample, samples_count> samples_;
    std::size_t next_ = 0;
};

}  // namespace sabil::proxy::resp
