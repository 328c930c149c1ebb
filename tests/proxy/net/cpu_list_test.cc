#include "proxy/net/cpu_list.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <string>
#include <thread>

namespace sabil::proxy::net {
namespace {

using Cpus = std::vector<unsigned>;

TEST(CpuList, NumbersRangesAndSteps) {
    EXPECT_EQ(parse_cpu_list("").value(), Cpus{});
    EXPECT_EQ(parse_cpu_list("5").value(), Cpus{5});
    EXPECT_EQ(parse_cpu_list("0-3,8").value(), (Cpus{0, 1, 2, 3, 8}));
    EXPECT_EQ(parse_cpu_list("10-14:2,1").value(), (Cpus{10, 12, 14, 1}));
    EXPECT_EQ(parse_cpu_list("1023-1023:1023").value(), Cpus{1023});
}

TEST(CpuList, WhatIsNoCpuIsNamed) {
    for (const char* bad : {"x", "1,", ",1", "1-", "3-1", "1-2:", "1-2:0", "1024", "-1", "1 2", "4294967296", "0x1"}) {
        const auto parsed = parse_cpu_list(bad);
        ASSERT_FALSE(parsed) << bad;
        EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
    }
    EXPECT_EQ(parse_cpu_list("0,two").error().message, "'two' is no CPU; give a list such as 0-3,8 or 0-7:2");
}

TEST(CpuList, AThreadAndThoseItStartsStayThere) {
    cpu_set_t ours;
    ASSERT_EQ(::sched_getaffinity(0, sizeof ours, &ours), 0);
    unsigned last = 0;
    for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
        if (CPU_ISSET(cpu, &ours)) last = cpu;
    }
    std::thread([&] {
        EXPECT_TRUE(run_on_cpus(std::to_string(last)));
        std::thread([&] {
            cpu_set_t now;
            ASSERT_EQ(::sched_getaffinity(0, sizeof now, &now), 0);
            EXPECT_EQ(CPU_COUNT(&now), 1);
            EXPECT_TRUE(CPU_ISSET(last, &now));
        }).join();
        EXPECT_EQ(run_on_cpus("1023").error().code, ErrorCode::io);
    }).join();
}

}  // namespace
}  // namespace sabil::proxy::net
