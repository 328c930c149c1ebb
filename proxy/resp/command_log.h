// Where writes go besides the store: the append-only file.
#pragma once

#include "proxy/resp/args.h"

#include <span>
#include <string>
#include <vector>

namespace sabil::proxy::resp {

// Thread-safety: append() is called from any worker, with the slices of the written keys held: the log's order is the
// order of the changes of each key. It must be short: copy and return.
class CommandLog {
  public:
    virtual ~CommandLog() = default;
    virtual void append(unsigned database, Args args) = 0;
    // Commands that are to take effect together (EXEC, scripts), each with its database.
    struct Write {
        unsigned database = 0;
        std::vector<std::string> args;
    };
    virtual void append_unit(std::span<const Write> writes) = 0;
};

}  // namespace sabil::proxy::resp
