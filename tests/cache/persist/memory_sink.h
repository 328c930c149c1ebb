#pragma once

#include <string>

#include "cache/persist/rdb_file.h"

namespace sabil::cache {

class MemorySink final : public ByteSink {
  public:
    Result<void> write(std::string_view bytes) override {
        out.append(bytes);
        return {};
    }
    std::string out;
};

// The file a keyspace is saved as; tests take any error as a failure.
std::string saved(Keyspace& keyspace);
Result<RdbLoadResult> loaded(std::string_view file, Keyspace& keyspace);

}  // namespace sabil::cache
