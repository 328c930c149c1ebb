// Where files are written to.
#pragma once

#include <string_view>

#include "cache/base/result.h"

namespace sabil::cache {

// Thread-safety: one thread.
class ByteSink {
  public:
    virtual ~ByteSink() = default;
    virtual Result<void> write(std::string_view bytes) = 0;
};

}  // namespace sabil::cache
