// Gathers the commands of a rewrite and hands them on in pieces. For the files of aof_rewrite*.cc.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/base/number_text.h"
#include "cache/persist/aof_record.h"
#include "cache/persist/byte_sink.h"
#include "cache/types/element.h"
#include "cache/types/stream_data.h"

namespace sabil::cache {

// Thread-safety: one thread.
class AofCommands {
  public:
    static constexpr std::size_t flush_bytes = 256 << 10;
    static constexpr std::size_t items_per_command = 64;

    explicit AofCommands(ByteSink& sink) noexcept : sink_(sink) {}
    bool ok() const noexcept { return !error_; }
    const std::optional<Error>& error() const noexcept { return error_; }

    void add(std::initializer_list<std::string_view> args) {
        append_aof_record(buffer_, args);
        settle(flush_bytes);
    }
    // A command over many items: the opening words, then items; begins anew when it has enough.
    void begin(std::string_view command, std::string_view key) {
        opening_ = {command, key};
        words_.assign(opening_.begin(), opening_.end());
        items_ = 0;
    }
    void word(std::string text) { words_.push_back(std::move(text)); }
    void word(ElementView element) { words_.push_back(element.str()); }
    void item_done() {
        if (++items_ == items_per_command) end();
    }
    void end() {
        if (items_ == 0) return;
        views_.assign(words_.begin(), words_.end());
        append_aof_record(buffer_, views_);
        words_.assign(opening_.begin(), opening_.end());
        items_ = 0;
        settle(flush_bytes);
    }
    void settle(std::size_t from_bytes) {
        if (buffer_.size() < from_bytes || buffer_.empty()) return;
        if (!error_) {
            if (auto written = sink_.write(buffer_); !written) error_ = written.error();
        }
        buffer_.clear();
    }

  private:
    ByteSink& sink_;
    std::string buffer_;
    std::vector<std::string_view> opening_;
    std::vector<std::string> words_;
    std::vector<std::string_view> views_;
    std::size_t items_ = 0;
    std::optional<Error> error_;
};

// XADD, XSETID, XGROUP and XCLAIM.
void rewrite_stream(std::string_view key, const StreamData& stream, AofCommands& to);

}  // namespace sabil::cache
