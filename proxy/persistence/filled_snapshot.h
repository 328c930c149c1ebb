// Filled entries in an RDB file: AUX records after the keys, which Redis and its tools skip.
//
//   sabil-filled  the head: format, text version, text settings, u64 purges, text save point, u64 epoch,
//                 u16 faces: { text name, text shared }
//   sabil-fills   u32 count: { u8 face, u32 database, text key, i64 expiry in ms or -1, u64 floor's n, u16
//                 dependencies: { u32 slot, u32 signature }, text own, text value }
// Each value begins with a line for people, ended by a zero byte; then u64 hash of what follows.
//   text: u32 length and bytes; integers little-endian
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cache/persist/rdb_file.h"
#include "proxy/coherence/coherence.h"
#include "proxy/persistence/fill_keeper.h"

namespace sabil::proxy::persistence {

inline constexpr std::string_view filled_head_name = "sabil-filled";
inline constexpr std::string_view filled_entries_name = "sabil-fills";
inline constexpr std::uint32_t filled_format = 1;

// What filled entries can be judged by, taken before the slices are: the place in the binlog that they are saved for.
// Thread-safety: immutable.
class FilledSnapshot {
  public:
    // settings: entries saved under others are not used. purges: see PurgeMark.
    FilledSnapshot(const Coherence& coherence, SavePoint point, const std::vector<FillKeeper*>& keepers,
                   std::string settings, std::uint64_t purges);

    // With every slice held, or in a forked child: those entries whose floors can be shown. Gives how many.
    std::uint64_t write(cache::Keyspace& keyspace, const cache::AuxWriter& write) const;

    static constexpr std::size_t record_bytes = 256 << 10;

  private:
    bool append(std::string& out, unsigned database, const cache::Entry& entry) const;

    const Coherence& coherence_;
    SavePoint point_;
    std::vector<std::pair<std::string, std::unique_ptr<FillScribe>>> faces_;  // by name
    std::string settings_;
    std::uint64_t purges_;
};

}  // namespace sabil::proxy::persistence
