#include "cache/persist/aof_record.h"

#include <gtest/gtest.h>

namespace sabil::cache {
namespace {

using Status = AofReader::Status;

std::string two_records() {
    std::string out;
    append_aof_record(out, {"SET", "key", std::string_view("\r\n\0$", 4)});
    append_aof_timestamp(out, 1'700'000'000);
    append_aof_record(out, {"DEL", ""});
    return out;
}

TEST(AofRecordTest, ReadsWhatItWrites) {
    const auto bytes = two_records();
    MemorySource source(bytes);
    AofReader reader(source, 100);
    ASSERT_EQ(reader.next(), Status::record);
    ASSERT_EQ(reader.args().size(), 3u);
    EXPECT_EQ(reader.args()[2], std::string_view("\r\n\0$", 4));
    EXPECT_EQ(reader.position(), 100 + bytes.find("#TS"));
    ASSERT_EQ(reader.next(), Status::record);
    ASSERT_EQ(reader.args().size(), 2u);
    EXPECT_EQ(reader.position(), 100 + bytes.size());
    EXPECT_EQ(reader.next(), Status::end);
}

TEST(AofRecordTest, EveryCutIsSeenAndTheWholeRecordsStay) {
    const auto bytes = two_records();
    const auto first_end = bytes.find("#TS");
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
        MemorySource source(std::string_view(bytes).substr(0, cut));
        AofReader reader(source);
        auto status = reader.next();
        if (cut >= first_end) {
            ASSERT_EQ(status, Status::record) << cut;
            ASSERT_EQ(reader.args()[0], "SET");
            status = reader.next();
        }
        const bool between = cut == 0 || cut == first_end || cut == first_end + 16;
        EXPECT_EQ(status, between ? Status::end : Status::truncated) << cut;
    }
}

TEST(AofRecordTest, DamageTellsItsPlace) {
    for (const char* text : {"x", "*x\r\n", "*0\r\n", "*-1\r\n", "*99999999\r\n", "*1\r\n+3\r\nabc\r\n", "*1\r\n$-1\r\n",
                             "*1\r\n$999999999999\r\n", "*1\r\n$3\r\nabcdef"}) {
        std::string bytes = std::string(text) + "\r\n";
        MemorySource source(bytes);
        AofReader reader(source);
        EXPECT_EQ(reader.next(), Status::damaged) << text;
        EXPECT_NE(reader.error().find("offset 0"), std::string::npos) << reader.error();
    }
}

}  // namespace
}  // namespace sabil::cache
