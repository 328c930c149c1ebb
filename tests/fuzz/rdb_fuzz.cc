// Any bytes as an RDB file (checksum off, so that damage reaches the decoders) and as a value of each type.
#include <cstdint>
#include <string_view>

#include "cache/persist/rdb_file.h"
#include "cache/persist/rdb_value.h"

using namespace sabil;
using namespace sabil::cache;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    {
        Keyspace keyspace({16, 1});
        MemorySource source(bytes);
        RdbDecoder decoder(source, 1 << 20);
        RdbLoadOptions options;
        options.checksum = false;
        (void)load_rdb(decoder, keyspace, options);
    }
    if (size > 1) {
        EncodingLimits limits;
        MemorySource source(bytes.substr(1));
        RdbDecoder decoder(source, 1 << 20);
        (void)load_rdb_value(data[0] % 32, decoder, {limits, WallTime{}});
    }
    return 0;
}
