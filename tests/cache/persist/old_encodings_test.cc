// Forms that Redis 2 to 6 wrote, byte for byte.
#include "cache/persist/old_encodings.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cache/persist/lzf.h"
#include "cache/persist/rdb_value.h"
#include "cache/types/stream_data.h"

namespace sabil::cache {
namespace {

using Texts = std::vector<std::string>;

std::string bytes(std::initializer_list<int> values) {
    std::string out;
    for (int value : values) out.push_back(static_cast<char>(value));
    return out;
}

std::string ziplist(const std::string& elements, int count) {
    const auto size = static_cast<int>(4 + 4 + 2 + elements.size() + 1);
    return bytes({size, 0, 0, 0, 10, 0, 0, 0, count, 0}) + elements + '\xff';
}

template <class Read>
Texts read(Read reader, const std::string& from) {
    Texts out;
    const bool intact = reader(from, [&](ElementView element) {
        out.push_back(element.str());
        return true;
    });
    return intact ? out : Texts{"(damaged)"};
}

const std::string every_kind = ziplist(
    bytes({0, 2, 'h', 'i'}) + bytes({4, 0xfe, 0x80}) + bytes({3, 0xc0, 0x39, 0x30}) + bytes({4, 0xf0, 0, 0, 0x80}) +
        bytes({5, 0xd0, 0, 0, 0, 0x80}) + bytes({6, 0xe0, 1, 0, 0, 0, 1, 0, 0, 0}) + bytes({10, 0xf1}) +
        bytes({2, 0xfd}) + bytes({0xfe, 2, 0, 0, 0, 0x40, 3, 'a', 'b', 'c'}) + bytes({10, 0x80, 0, 0, 0, 1, 'z'}),
    10);

TEST(OldEncodings, ZiplistsOfEveryKindOfElement) {
    EXPECT_EQ(read(read_ziplist, every_kind),
              (Texts{"hi", "-128", "12345", "-8388608", "-2147483648", "4294967297", "0", "12", "abc", "z"}));
}

TEST(OldEncodings, ZipmapsWithSpareBytes) {
    const auto zipmap = bytes({2, 3, 'f', 'o', 'o', 3, 0, 'b', 'a', 'r', 1, 'k', 2, 3, 'v', 'v', 0, 0, 0, 0xff});
    EXPECT_EQ(read(read_zipmap, zipmap), (Texts{"foo", "bar", "k", "vv"}));
}

TEST(OldEncodings, IntsetsOfEveryWidth) {
    EXPECT_EQ(read(read_intset, bytes({2, 0, 0, 0, 2, 0, 0, 0, 0xff, 0xff, 5, 0})), (Texts{"-1", "5"}));
    EXPECT_EQ(read(read_intset, bytes({4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0})), (Texts{"65536"}));
    EXPECT_EQ(read(read_intset, bytes({3, 0, 0, 0, 0, 0, 0, 0})), (Texts{"(damaged)"}));
}

TEST(OldEncodings, CutAndChangedBytesAreDamageAndNoMore) {
    for (std::size_t at = 0; at < every_kind.size(); ++at) {
        EXPECT_EQ(read(read_ziplist, every_kind.substr(0, at)), (Texts{"(damaged)"}));
        auto changed = every_kind;
        changed[at] = static_cast<char>(changed[at] ^ 0xff);
        (void)read(read_ziplist, changed);
        (void)read(read_zipmap, changed);
        (void)read(read_intset, changed);
    }
}

TEST(OldEncodings, AreLoadedAsValues) {
    EncodingLimits limits;
    auto load = [&](rdb::Type type, const std::string& payload) {
        const auto record = static_cast<char>(payload.size()) + payload;
        MemorySource source(record);
        RdbDecoder decoder(source);
        return load_rdb_value(static_cast<std::uint8_t>(type), decoder, {limits, WallTime{}});
    };
    const auto pair = ziplist(bytes({0, 1, 'm', 3, 3, '1', '.', '5'}), 2);
    EXPECT_EQ(load(rdb::Type::zset_ziplist, pair)->get<ZSet>()->score("m"), 1.5);
    EXPECT_EQ(load(rdb::Type::hash_ziplist, pair)->get<Hash>()->get("m")->str(), "1.5");
    EXPECT_EQ(load(rdb::Type::list_ziplist, pair)->get<List>()->at(1)->str(), "1.5");
    EXPECT_FALSE(load(rdb::Type::hash_ziplist, ziplist(bytes({0, 1, 'm'}), 1)));
    const std::string record = bytes({2, 1, 'm', 3, '2', '.', '5', 1, 'n', 254});
    MemorySource scores(record);
    RdbDecoder decoder(scores);
    auto zset = load_rdb_value(static_cast<std::uint8_t>(rdb::Type::zset_text), decoder, {limits, WallTime{}});
    EXPECT_EQ(zset->get<ZSet>()->score("m"), 2.5);
}

TEST(Lzf, PacksAndUnpacks) {
    for (const auto& text :
         {std::string(1'000, 'a'), std::string("abcabcabcabcabcabcabcabcabc"), std::string(100'000, '\0')}) {
        const auto packed = lzf_compress(text);
        ASSERT_TRUE(packed);
        EXPECT_LT(packed->size(), text.size() / 2);
        EXPECT_EQ(lzf_decompress(*packed, text.size()), text);
        EXPECT_FALSE(lzf_decompress(*packed, text.size() + 1));
        EXPECT_FALSE(lzf_decompress(packed->substr(0, packed->size() - 1), text.size()));
    }
    EXPECT_FALSE(lzf_compress("no repeats"));
}

}  // namespace
}  // namespace sabil::cache
