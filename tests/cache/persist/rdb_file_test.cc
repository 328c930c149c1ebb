#include "cache/persist/rdb_file.h"

#include <gtest/gtest.h>

#include "cache/persist/crc64.h"
#include "cache/persist/dump_payload.h"
#include "cache/store/database.h"
#include "cache/store/lock_set.h"
#include "cache/types/stream_data.h"
#include "tests/cache/persist/dataset.h"
#include "tests/cache/persist/memory_sink.h"
#include "tests/cache/store/fake_provenance.h"

namespace sabil::cache {
namespace {

using namespace std::chrono_literals;

class RdbFileTest : public testing::Test {
  protected:
    ManualClock clock_;
    Keyspace keyspace_{{16, 16}, clock_};
    Keyspace back_{{16, 64}, clock_};
};

TEST_F(RdbFileTest, EveryTypeAndEncodingComesBack) {
    fill_dataset(keyspace_, clock_.wall());
    const auto file = saved(keyspace_);
    const auto result = loaded(file, back_);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->bytes, file.size());
    EXPECT_EQ(result->keys, keyspace_.size(0) + 1);
    EXPECT_EQ(describe(back_), describe(keyspace_));
}

TEST_F(RdbFileTest, FieldExpiriesComeBackInANewerVersion) {
    {
        const KeyRef key("h");
        LockSet lock(keyspace_, key);
        Database db(keyspace_, 0);
        auto hash = db.find_or_create<Hash>(key);
        for (int i = 0; i < 300; ++i) hash->set("f" + std::to_string(i), "v", db.encodings());
        for (int i = 1; i < 5; ++i) hash->set_expiry("f" + std::to_string(i), clock_.wall() + i * 1s);
        db.note_field_expiry(key, clock_.wall() + 1s);
    }
    const auto file = saved(keyspace_);
    const auto result = loaded(file, back_);
    ASSERT_TRUE(result) << result.error().message;
    EXPECT_EQ(result->version, 12u);
    EXPECT_EQ(describe(back_), describe(keyspace_));
    clock_.advance(3s);
    EXPECT_EQ(back_.expire_cycle(1s), 0u);
    EXPECT_EQ(back_.counters().expired_fields, 3u);
    Keyspace late({16, 16}, clock_);
    ASSERT_TRUE(loaded(file, late));
    LockSet lock(late, KeyRef("h"));
    EXPECT_EQ(Database(late, 0).find<Hash>(KeyRef("h"))->size(), 297u);
}

TEST_F(RdbFileTest, ExpiredKeysAndFilledEntriesAreLeftOut) {
    auto state = std::make_shared<Servability>();
    {
        auto locks = LockSet::all(keyspace_);
        Database db(keyspace_, 0, true);
        db.set_string(KeyRef("soon"), "v", ExpiryRule::clear, clock_.wall() + 5s);
        db.set_string(KeyRef("stays"), "v");
        db.fill(KeyRef("filled"), Value::string("v"), from(state));
    }
    const auto file = saved(keyspace_);
    clock_.advance(10s);
    const auto result = loaded(file, back_);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->keys, 1u);
    EXPECT_EQ(result->expired, 1u);
    EXPECT_EQ(describe(back_).size(), 1u);
}

TEST_F(RdbFileTest, IdleTimeAndFrequencyAreKeptUnderTheirPolicies) {
    const KeyRef key("k");
    keyspace_.tunables().maxmemory_policy = EvictionPolicyName::allkeys_lru;
    back_.tunables().maxmemory_policy = EvictionPolicyName::allkeys_lru;
    {
        LockSet lock(keyspace_, key);
        Database(keyspace_, 0).set_string(key, "v");
    }
    clock_.advance(100s);
    ASSERT_TRUE(loaded(saved(keyspace_), back_));
    LockSet lock(back_, key);
    EXPECT_EQ(Database(back_, 0).object_info(key)->idle, 100s);
}

TEST_F(RdbFileTest, AuxAndFunctionsAreHandedOver) {
    MemorySink sink;
    const std::vector<std::pair<std::string, std::string>> aux{{"redis-ver", "7.2.4"}};
    const std::vector<std::string> functions{"#!lua name=lib\n"};
    RdbSaveOptions options;
    options.aux = aux;
    options.functions = functions;
    ASSERT_TRUE(save_rdb(keyspace_, options, sink));
    std::string seen;
    RdbLoadOptions load;
    load.aux = [&](std::string_view name, std::string_view value) {
        seen += std::string(name) + '=' + std::string(value);
    };
    load.function = [&](std::string_view code) -> Result<void> {
        seen += code;
        return {};
    };
    MemorySource source(sink.out);
    RdbDecoder decoder(source);
    ASSERT_TRUE(load_rdb(decoder, back_, load));
    EXPECT_EQ(seen, "redis-ver=7.2.4#!lua name=lib\n");
}

TEST_F(RdbFileTest, DamageIsAnErrorWithItsOffset) {
    fill_dataset(keyspace_, clock_.wall());
    const auto file = saved(keyspace_);
    auto error_of = [&](std::string bytes) {
        Keyspace fresh({16, 16}, clock_);
        const auto result = loaded(bytes, fresh);
        return result ? std::string("none") : result.error().message;
    };
    auto flipped = file;
    flipped.back() = static_cast<char>(flipped.back() ^ 1);
    EXPECT_NE(error_of(flipped).find("checksum"), std::string::npos);
    EXPECT_NE(error_of("REDIX0010").find("not an RDB file"), std::string::npos);
    EXPECT_NE(error_of("REDIS0099").find("version 99"), std::string::npos);
    EXPECT_NE(error_of(file.substr(0, file.size() / 2)).find("at offset"), std::string::npos);
}

// Small, so that each of its bytes can be tried.
std::string small_file(Keyspace& keyspace) {
    {
        auto locks = LockSet::all(keyspace);
        Database db(keyspace, 0, true);
        db.set_string(KeyRef("s"), std::string(40, 'x') + "tail", ExpiryRule::clear, db.now() + 1h);
        db.find_or_create<List>(KeyRef("l"))->push(ListEnd::back, "element", db.encodings());
        db.find_or_create<Set>(KeyRef("i"))->add("5", db.encodings());
        db.find_or_create<Set>(KeyRef("m"))->add("member", db.encodings());
        db.find_or_create<ZSet>(KeyRef("z"))->add("member", 1.5, db.encodings());
        db.find_or_create<Hash>(KeyRef("h"))->set("field", "value", db.encodings());
        auto& stream = **db.find_or_create<Stream>(KeyRef("x"));
        const std::string_view fields[] = {"f", "v"};
        stream.append({1, 1}, fields, db.encodings());
        auto& group = stream.groups().emplace("g", StreamGroup({1, 1}, 1)).first->second;
        group.assign({1, 1}, group.consumer("c", db.now()), db.now(), 1);
    }
    return saved(keyspace);
}

TEST_F(RdbFileTest, NoByteFlippedOrCutDoesMoreThanAnError) {
    const auto file = small_file(keyspace_);
    for (std::size_t at = 0; at < file.size(); ++at) {
        for (int change : {0x01, 0x80, 0xff, 0x40}) {
            auto damaged = file;
            damaged[at] = static_cast<char>(damaged[at] ^ change);
            Keyspace fresh({16, 1}, clock_);
            EXPECT_FALSE(loaded(damaged, fresh)) << at;
            // And with no checksum to save us: any outcome but a crash or a blow-up.
            MemorySource source(damaged);
            RdbDecoder decoder(source);
            RdbLoadOptions options;
            options.checksum = false;
            Keyspace other({16, 1}, clock_);
            (void)load_rdb(decoder, other, options);
        }
        Keyspace fresh({16, 1}, clock_);
        EXPECT_FALSE(loaded(std::string_view(file).substr(0, at), fresh)) << at;
    }
}

TEST_F(RdbFileTest, AFailingSinkIsReported) {
    class FullDisk final : public ByteSink {
      public:
        Result<void> write(std::string_view) override { return fail(ErrorCode::io, "no space left on device"); }
    };
    fill_dataset(keyspace_, clock_.wall());
    FullDisk sink;
    auto locks = LockSet::all(keyspace_);
    const auto result = save_rdb(keyspace_, {}, sink);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message, "no space left on device");
}

TEST(RdbHash, AFieldExpiryBeyondTimeIsDamage) {
    EncodingLimits limits;
    std::string bytes;
    RdbEncoder encoder(bytes);
    encoder.little_endian(INT64_MAX - 5, 8);
    encoder.length(1);
    encoder.length(100);
    encoder.string("field");
    encoder.string("value");
    MemorySource source(bytes);
    RdbDecoder decoder(source);
    EXPECT_FALSE(
        load_rdb_value(static_cast<std::uint8_t>(rdb::Type::hash_with_expiries), decoder, {limits, WallTime{}}));
    EXPECT_NE(decoder.error().message.find("expiry"), std::string::npos);
}

TEST(Crc64, HasTheFormatsCheckValue) {
    EXPECT_EQ(crc64(0, "123456789"), 0xe9c6d914c4b8d9caULL);
    EXPECT_EQ(crc64(crc64(0, "1234"), "56789"), 0xe9c6d914c4b8d9caULL);
}

TEST(DumpPayload, RefusesWhatIsNotWhole) {
    EncodingLimits limits;
    const RdbLoadRules rules{limits, WallTime{}};
    EXPECT_EQ(restore_payload("", rules).error(), RestoreError::version_or_checksum);
    EXPECT_EQ(restore_payload(std::string(20, 'x'), rules).error(), RestoreError::version_or_checksum);
    std::string bad("\x0b\x01zz\x0a\x00", 6);  // an integer set of one byte
    const auto checksum = crc64(0, bad);
    bad.append(reinterpret_cast<const char*>(&checksum), 8);
    EXPECT_EQ(restore_payload(bad, rules).error(), RestoreError::bad_data);
}

}  // namespace
}  // namespace sabil::cache
