// An append-only file and its manifest of unknown origin: read to the end or refused, never more memory than bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cache/persist/aof_manifest.h"
#include "cache/persist/aof_record.h"

using sabil::cache::AofManifest;
using sabil::cache::AofReader;
using sabil::cache::MemorySource;

namespace {

void check(bool holds) {
    if (!holds) std::abort();
}

// What was read is written again, and must read the same.
void read_records(std::string_view bytes) {
    MemorySource source(bytes);
    AofReader reader(source);
    while (reader.next() == AofReader::Status::record) {
        check(reader.position() <= bytes.size());
        std::string again;
        const std::vector<std::string_view> args(reader.args().begin(), reader.args().end());
        sabil::cache::append_aof_record(again, args);
        MemorySource second(again);
        AofReader copy(second);
        check(copy.next() == AofReader::Status::record && copy.args().size() == args.size());
        for (std::size_t i = 0; i < args.size(); ++i) check(copy.args()[i] == args[i]);
        check(copy.next() == AofReader::Status::end);
    }
}

void read_manifest(std::string_view text) {
    const auto manifest = AofManifest::parse(text);
    if (!manifest) return check(!manifest.error().message.empty());
    if (manifest->empty() && manifest->history.empty()) return;
    const auto again = AofManifest::parse(manifest->text());
    check(again && again->base == manifest->base && again->increments == manifest->increments &&
          again->history == manifest->history);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    data[0] % 2 == 0 ? read_records(bytes) : read_manifest(bytes);
    return 0;
}
