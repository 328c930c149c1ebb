#include "tests/cache/persist/memory_sink.h"

#include "cache/store/lock_set.h"

namespace sabil::cache {

std::string saved(Keyspace& keyspace) {
    auto locks = LockSet::all(keyspace);
    MemorySink sink;
    return save_rdb(keyspace, {}, sink) ? std::move(sink.out) : std::string();
}

Result<RdbLoadResult> loaded(std::string_view file, Keyspace& keyspace) {
    MemorySource source(file);
    RdbDecoder decoder(source);
    return load_rdb(decoder, keyspace, {});
}

}  // namespace sabil::cache
