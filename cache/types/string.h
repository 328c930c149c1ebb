// A string that is being edited in place: APPEND, SETRANGE, SETBIT, PFADD. Strings that are only set and read live
// inside their entry (cache/store/entry.h) and are read as ElementView.
#pragma once

#include <cstdint>
#include <string_view>

namespace sabil::cache {

// One pointer to a growable heap block. Thread-safety: one thread at a time (the slice's lock).
class String {
  public:
    String() noexcept = default;
    explicit String(std::string_view bytes);  // without room to grow
    String(String&& other) noexcept : block_(other.block_) { other.block_ = nullptr; }
    String& operator=(String&& other) noexcept;
    ~String();

    std::size_t size() const noexcept { return block_ == nullptr ? 0 : block_->size; }
    const char* data() const noexcept { return block_ == nullptr ? "" : bytes_of(block_); }
    char* data() noexcept { return block_ == nullptr ? nullptr : bytes_of(block_); }
    std::string_view view() const noexcept { return {data(), size()}; }
    void append(std::string_view bytes);  // amortised: capacity grows ahead
    void resize(std::size_t size);        // new bytes are zero
    void assign(std::string_view bytes);
    void shrink_to_fit();
    std::size_t heap_bytes() const noexcept;
    String clone() const { return String(view()); }

  private:
    struct Block {
        std::size_t size;
        std::size_t capacity;
    };
    static char* bytes_of(Block* block) noexcept { return reinterpret_cast<char*>(block + 1); }
    static const char* bytes_of(const Block* block) noexcept { return reinterpret_cast<const char*>(block + 1); }
    void reserve(std::size_t capacity);
    Block* block_ = nullptr;
};

}  // namespace sabil::cache
