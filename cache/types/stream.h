// An append-only log of field-value entries with consumer groups. Operations: cache/types/stream_data.h.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace sabil::cache {

class StreamData;

// One word. A new stream has no entries and last id 0-0. Thread-safety: one thread at a time (the
// slice's lock).
class Stream {
  public:
    Stream();
    Stream(Stream&& other) noexcept;
    Stream& operator=(Stream&& other) noexcept;
    ~Stream();

    StreamData* operator->() noexcept { return data_; }
    const StreamData* operator->() const noexcept { return data_; }
    StreamData& operator*() noexcept { return *data_; }
    const StreamData& operator*() const noexcept { return *data_; }

    std::size_t size() const noexcept;  // entries
    std::string_view encoding_name() const noexcept { return "stream"; }
    std::size_t heap_bytes() const noexcept;
    Stream clone() const;

  private:
    StreamData* data_;
};

}  // namespace sabil::cache
