// Memory that counts against maxmemory without being of this heap: clients' buffers.
#pragma once

#include <cstdint>

namespace sabil::heap {

// So many bytes more or less are in use. Any thread.
void charge(std::int64_t bytes) noexcept;

}  // namespace sabil::heap
