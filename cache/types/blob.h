// An immutable block of bytes with a reference count: taken under a slice's lock, sent after releasing it.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace sabil::cache {

// Immutable once made; metadata is up to 65,535 opaque bytes that the maker reads back (a trivially copyable struct).
// Thread-safety: immutable; shared by reference from any thread.
class Blob {
  public:
    std::string_view metadata() const noexcept { return {data(), metadata_bytes_}; }
    std::string_view bytes() const noexcept { return {data() + metadata_bytes_, bytes_}; }
    std::size_t heap_bytes() const noexcept;
    Blob(const Blob&) = delete;
    Blob& operator=(const Blob&) = delete;

  private:
    friend class BlobRef;
    Blob(std::uint16_t metadata_bytes, std::size_t bytes) noexcept : metadata_bytes_(metadata_bytes), bytes_(bytes) {}
    const char* data() const noexcept { return reinterpret_cast<const char*>(this + 1); }
    char* data() noexcept { return reinterpret_cast<char*>(this + 1); }

    std::atomic<std::uint32_t> references_{1};
    std::uint16_t metadata_bytes_;
    std::size_t bytes_;
};

// A counted reference. Thread-safety: the count is atomic; one BlobRef object is used by one thread at a time.
class BlobRef {
  public:
    BlobRef() noexcept = default;
    // Copies the pieces one after the other. metadata: at most 65,535 bytes.
    static BlobRef make(std::string_view metadata, std::span<const std::string_view> pieces);
    static BlobRef make(std::string_view metadata, std::string_view bytes) { return make(metadata, {&bytes, 1}); }

    BlobRef(const BlobRef& other) noexcept : blob_(other.blob_) {
        if (blob_ != nullptr) blob_->references_.fetch_add(1, std::memory_order_relaxed);
    }
    BlobRef(BlobRef&& other) noexcept : blob_(std::exchange(other.blob_, nullptr)) {}
    BlobRef& operator=(BlobRef other) noexcept {
        std::swap(blob_, other.blob_);
        return *this;
    }
    ~BlobRef() { release(blob_); }

    explicit operator bool() const noexcept { return blob_ != nullptr; }
    const Blob& operator*() const noexcept { return *blob_; }
    const Blob* operator->() const noexcept { return blob_; }

  private:
    static void release(Blob* blob) noexcept;
    Blob* blob_ = nullptr;
};

}  // namespace sabil::cache
