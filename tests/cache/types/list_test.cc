#include "cache/types/list.h"

#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>
#include <vector>

#include "cache/base/heap.h"
#include "tests/cache/types/encodings.h"

namespace sabil::cache {
namespace {

struct Compact {
    static EncodingLimits limits() { return compact_limits(); }
    static constexpr std::size_t most_elements = 40;
    static constexpr auto encoding = List::Encoding::listpack;
};
struct Chunked {
    static EncodingLimits limits() { return large_limits(); }
    static constexpr std::size_t most_elements = 400;
    static constexpr auto encoding = List::Encoding::quicklist;
};

std::vector<std::string> contents(const List& list) {
    std::vector<std::string> out;
    list.for_each([&](ElementView element) {
        out.push_back(element.str());
        return true;
    });
    return out;
}

std::vector<std::string> backwards(const List& list) {
    std::vector<std::string> out;
    if (list.empty()) return out;
    list.for_range_reverse(list.size() - 1, SIZE_MAX, [&](ElementView element) {
        out.push_back(element.str());
        return true;
    });
    return {out.rbegin(), out.rend()};
}

template <class Shape>
class ListTest : public testing::Test {
  protected:
    EncodingLimits limits_ = Shape::limits();
    List list_;
};
using Shapes = testing::Types<Compact, Chunked>;
TYPED_TEST_SUITE(ListTest, Shapes);

TYPED_TEST(ListTest, AgreesWithADequeOverRandomChanges) {
    std::deque<std::string> model;
    std::mt19937 random(17);
    auto at = [&](std::size_t i) { return model.begin() + static_cast<std::ptrdiff_t>(i); };
    for (int i = 0; i < 8'000; ++i) {
        const auto text = random() % 2 == 0 ? std::to_string(random() % 5) : std::string(random() % 150, 'e');
        const auto index = model.empty() ? 0 : random() % model.size();
        const auto end = random() % 2 == 0 ? ListEnd::front : ListEnd::back;
        switch (model.size() > TypeParam::most_elements ? 9 : random() % 10) {
            case 0:
            case 1:
            case 2:
                this->list_.push(end, text, this->limits_);
                end == ListEnd::front ? model.push_front(text) : model.push_back(text);
                break;
            case 3:
            case 4:
                this->list_.insert(index, text, this->limits_);
                model.insert(at(index), text);
                break;
            case 5:
                if (model.empty()) break;
                this->list_.set(index, text, this->limits_);
                model[index] = text;
                break;
            case 6: {
                std::size_t removed = 0;
                if (!model.empty()) removed = this->list_.remove("3", 2, end);
                std::size_t expected = 0;
                for (std::size_t n = 0; n < model.size() && expected < 2;) {
                    const auto where = end == ListEnd::front ? n : model.size() - 1 - n;
                    if (model[where] == "3") {
                        model.erase(at(where));
                        ++expected;
                    } else {
                        ++n;
                    }
                }
                ASSERT_EQ(removed, expected);
                break;
            }
            case 7:
            case 8: {
                auto popped = this->list_.pop(end);
                ASSERT_EQ(popped.has_value(), !model.empty());
                if (!popped) break;
                ASSERT_EQ(*popped, end == ListEnd::front ? model.front() : model.back());
                end == ListEnd::front ? model.pop_front() : model.pop_back();
                break;
            }
            default: {
                const auto count = std::min<std::size_t>(random() % 30, model.size() - index);
                this->list_.erase(index, count);
                model.erase(at(index), at(index + count));
            }
        }
        ASSERT_EQ(this->list_.size(), model.size());
        if (!model.empty()) {
            const auto probe = random() % model.size();
            ASSERT_EQ(this->list_.at(probe)->str(), model[probe]);
        }
        if (i % 50 == 0) {
            const std::vector<std::string> expected(model.begin(), model.end());
            ASSERT_EQ(contents(this->list_), expected);
            ASSERT_EQ(backwards(this->list_), expected);
            ASSERT_EQ(contents(this->list_.clone()), expected);
        }
    }
}

TYPED_TEST(ListTest, HasItsEncoding) {
    for (int i = 0; i < 30; ++i) this->list_.push(ListEnd::back, std::to_string(i), this->limits_);
    EXPECT_EQ(this->list_.encoding(), TypeParam::encoding);
    EXPECT_FALSE(this->list_.at(30));
}

TYPED_TEST(ListTest, GivesBackAllItsMemory) {
    const auto before = heap::used_bytes();
    {
        List list;
        for (int i = 0; i < 200; ++i) list.push(ListEnd::front, std::string(20, 'x'), this->limits_);
        EXPECT_GT(list.heap_bytes(), 4'000u);
        while (list.size() > 3) list.pop(ListEnd::back);
        list.compact(this->limits_);
        EXPECT_LT(list.heap_bytes(), 1'000u);
    }
    EXPECT_EQ(heap::used_bytes(), before);
}

TEST(List, KeepsElementsLargerThanAChunk) {
    EncodingLimits limits;
    List list;
    const std::string large(100'000, 'L');
    list.push(ListEnd::back, large, limits);
    list.push(ListEnd::back, "small", limits);
    list.push(ListEnd::front, large + "2", limits);
    EXPECT_EQ(list.encoding_name(), "quicklist");
    EXPECT_EQ(list.at(0)->size(), large.size() + 1);
    EXPECT_EQ(list.at(1)->str(), large);
    EXPECT_EQ(list.at(2)->str(), "small");
    list.set(2, large, limits);
    EXPECT_EQ(list.at(2)->str(), large);
    list.erase(0, 2);
    EXPECT_EQ(list.size(), 1u);
}

TEST(List, LeavesTheCompactEncodingAtEightKilobytes) {
    EncodingLimits limits;
    List list;
    while (list.encoding() == List::Encoding::listpack) list.push(ListEnd::back, std::string(98, 'x'), limits);
    EXPECT_GT(list.size(), 78u);
    EXPECT_LT(list.size(), 84u);
    while (list.size() > 45) list.pop(ListEnd::back);
    list.compact(limits);
    EXPECT_EQ(list.encoding_name(), "quicklist");
    while (list.size() > 39) list.pop(ListEnd::back);
    list.compact(limits);
    EXPECT_EQ(list.encoding_name(), "listpack");
}

}  // namespace
}  // namespace sabil::cache
