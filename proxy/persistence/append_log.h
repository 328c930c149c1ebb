// The append-only file as the dispatcher sees it.
#pragma once

#include "proxy/persistence/log_shards.h"
#include "proxy/persistence/log_writer.h"

namespace sabil::proxy::persistence {

// Thread-safety: as CommandLog says; activate() and deactivate() with every slice held.
class AppendLog final : public resp::CommandLog {
  public:
    AppendLog() : writer_(shards_) {}

    LogShards& shards() noexcept { return shards_; }
    LogWriter& writer() noexcept { return writer_; }
    const LogWriter& writer() const noexcept { return writer_; }
    void activate(bool active) noexcept {
        active_.store(active, std::memory_order_relaxed);
        update_delays();
    }
    void set_policy(SyncPolicy policy) {
        writer_.set_policy(policy);
        update_delays();
        if (policy != SyncPolicy::always) writer_.release_all();
    }
    // Called where a worker appends faster than can be written.
    void on_crowded(std::function<void()> call) { crowded_ = std::move(call); }

    void append(unsigned database, resp::Args args) override {
        shards_.append(database, args);
        appended_one();
    }
    void append_unit(std::span<const Write> writes) override {
        shards_.append_unit(writes);
        appended_one();
    }
    std::uint64_t appended() const noexcept override { return shards_.appended(); }
    std::uint64_t durable() const noexcept override { return writer_.durable(); }
    void when_durable(std::uint64_t position, std::function<void()> then) override {
        writer_.when_durable(position, std::move(then));
    }

  private:
    void update_delays() noexcept {
        delays_replies_.store(active() && writer_.policy() == SyncPolicy::always, std::memory_order_relaxed);
    }
    void appended_one() {
        // appendfsync always: whoever waits for the reply wakes the writer, when all of its commands are appended.
        if (!delays_replies()) writer_.notify();
        if (shards_.crowded()) [[unlikely]] crowded_();
    }

    LogShards shards_;
    LogWriter writer_;
    std::function<void()> crowded_ = [] {};
};

}  // namespace sabil::proxy::persistence
