// Turns binlog events, as a dump connection or a file gives them, into handler calls. Keeps what later events need: the
// format description's checksum rule and the table maps of the statement under way.
//
// Thread-safety: one thread. Bounded: never reads outside the event; unpacks at most unpacked_bytes_max; keeps at most
// table_maps_count_max table maps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "cache/base/result.h"
#include "mysql/binlog/handler.h"

namespace sabil::mysql::binlog {

struct DecoderOptions {
    bool checksums = false;  // before the first format description: what was asked for
    bool verify_checksums = true;
    std::size_t unpacked_bytes_max = 1ULL << 30;  // of one compressed event's inner event
    std::size_t table_maps_count_max = 16384;
    std::size_t table_maps_bytes_max = 256ULL << 20;  // heap of them all
};

class EventDecoder {
  public:
    explicit EventDecoder(DecoderOptions options = {});
    ~EventDecoder();

    // One event: header, body, checksum. Errors: protocol (any field that does not fit, a wrong checksum, rows without
    // their table map), out_of_range past a limit, unsupported (a compression that is not known). After an error the
    // stream cannot be trusted: reset() and start again elsewhere.
    Result<void> decode(std::string_view event, BinlogHandler& handler);
    // Forgets everything but the options.
    void reset();

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace sabil::mysql::binlog
