#include "cache/types/blob.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "cache/base/heap.h"

namespace sabil::cache {

std::size_t Blob::heap_bytes() const noexcept {
    return heap::usable_bytes(this);
}

BlobRef BlobRef::make(std::string_view metadata, std::span<const std::string_view> pieces) {
    metadata = metadata.substr(0, UINT16_MAX);
    std::size_t bytes = 0;
    for (auto piece : pieces) bytes += piece.size();
    auto* block = heap::allocate(sizeof(Blob) + metadata.size() + bytes);
    auto* blob = new (block) Blob(static_cast<std::uint16_t>(metadata.size()), bytes);
    char* out = std::copy(metadata.begin(), metadata.end(), blob->data());
    for (auto piece : pieces) out = std::copy(piece.begin(), piece.end(), out);
    BlobRef ref;
    ref.blob_ = blob;
    return ref;
}

void BlobRef::release(Blob* blob) noexcept {
    if (blob == nullptr) return;
    // The last reference has seen every other one's reads.
    if (blob->references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    blob->~Blob();
    heap::deallocate(blob);
}

}  // namespace sabil::cache
