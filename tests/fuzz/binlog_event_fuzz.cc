// The binlog decoder over a run of events: u16 length and bytes each, the header's own length set right, so that the
// bodies are reached; rows are read in full and in part.
#include <array>
#include <cstdint>
#include <numeric>
#include <string>
#include <string_view>

#include "mysql/binlog/decoder.h"
#include "mysql/binlog/row_reader.h"

using namespace sabil::mysql::binlog;

namespace {

class Reader final : public BinlogHandler {
  public:
    void on_rows(const EventHeader&, const RowsEvent& event) override {
        std::vector<std::uint16_t> all(event.table->columns.size());
        std::iota(all.begin(), all.end(), std::uint16_t{0});
        read(event, all);
        const std::array<std::uint16_t, 4> some{1, 0, 1, 9999};
        read(event, some);
    }
    void on_incident(const EventHeader&, const IncidentEvent&) override {}
    void on_unknown(const EventHeader&, std::string_view) override {}

  private:
    static void read(const RowsEvent& event, std::span<const std::uint16_t> columns) {
        RowReader reader(event, columns);
        for (int i = 0; i < 1000 && reader.next(); ++i) {
            for (const auto& value : reader.before()) (void)to_string(value);
            for (const auto& value : reader.after()) (void)to_string(value);
        }
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    DecoderOptions options;
    options.verify_checksums = false;
    options.unpacked_bytes_max = 1 << 20;
    options.table_maps_count_max = 16;
    EventDecoder decoder(options);
    Reader reader;
    std::size_t at = 0;
    while (at + 2 <= size) {
        const std::size_t length = std::min<std::size_t>(static_cast<std::size_t>(data[at] | data[at + 1] << 8), size - at - 2);
        std::string event(reinterpret_cast<const char*>(data) + at + 2, length);
        at += 2 + length;
        if (event.size() >= event_header_bytes) {
            for (std::size_t i = 0; i < 4; ++i) event[9 + i] = static_cast<char>(event.size() >> (8 * i));
        }
        if (!decoder.decode(event, reader)) decoder.reset();
    }
    return 0;
}
