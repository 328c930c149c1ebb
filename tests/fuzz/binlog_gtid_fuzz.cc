// GTID sets: text and bytes, there and back.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mysql/binlog/gtid_set.h"

using namespace sabil::mysql::binlog;

namespace {
void check(bool good) {
    if (!good) std::abort();
}
void round_trip(const MysqlGtidSet& set) {
    auto from_text = MysqlGtidSet::parse(set.to_string());
    auto from_bytes = MysqlGtidSet::decode(set.encode());
    check(from_bytes && *from_bytes == set);
    check(set.contains(set));
    if (from_text) check(set.contains(*from_text));
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view in(reinterpret_cast<const char*>(data), size);
    if (auto set = MysqlGtidSet::parse(in)) round_trip(*set);
    if (auto set = MysqlGtidSet::decode(in)) round_trip(*set);
    if (auto position = MariadbGtidPosition::parse(in)) {
        auto again = MariadbGtidPosition::parse(position->to_string());
        check(again && *again == *position);
    }
    if (auto gtid = MysqlGtid::parse(in)) check(MysqlGtid::parse(gtid->to_string()) == *gtid);
    if (auto gtid = MariadbGtid::parse(in)) check(MariadbGtid::parse(gtid->to_string()) == *gtid);
    return 0;
}
