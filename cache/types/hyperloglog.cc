#include "cache/types/hyperloglog.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

namespace sabil::cache {
namespace {

constexpr std::size_t registers_count = 16'384;
constexpr unsigned index_bits = 14;
constexpr unsigned hash_rest_bits = 64 - index_bits;  // 50
constexpr std::size_t header_bytes = 16;
constexpr std::size_t dense_bytes = header_bytes + registers_count * 6 / 8;
constexpr std::size_t encoding_at = 4;
constexpr std::size_t cache_at = 8;
constexpr std::uint8_t dense = 0;
constexpr std::uint8_t sparse = 1;
constexpr unsigned largest_sparse_value = 32;

using Registers = std::array<std::uint8_t, registers_count>;

unsigned byte(std::string_view bytes, std::size_t at) noexcept {
    return static_cast<unsigned char>(bytes[at]);
}

// MurmurHash64A by Austin Appleby, as public; its value is part of the format.
std::uint64_t element_hash(std::string_view text) noexcept {
    constexpr std::uint64_t multiplier = 0xc6a4a7935bd1e995ULL;
    constexpr std::uint64_t seed = 0xadc83b19ULL;
    std::uint64_t hash = seed ^ (text.size() * multiplier);
    std::size_t at = 0;
    for (; at + 8 <= text.size(); at += 8) {
        std::uint64_t block;
        std::memcpy(&block, text.data() + at, 8);
        block *= multiplier;
        block ^= block >> 47;
        block *= multiplier;
        hash = (hash ^ block) * multiplier;
    }
    if (at < text.size()) {
        std::uint64_t tail = 0;
        std::memcpy(&tail, text.data() + at, text.size() - at);
        hash = (hash ^ tail) * multiplier;
    }
    hash = (hash ^ (hash >> 47)) * multiplier;
    return hash ^ (hash >> 47);
}

// One run of equal registers in the sparse form.
struct Run {
    std::size_t bytes = 1;
    std::size_t registers = 0;
    unsigned value = 0;
};

Run read_run(std::string_view bytes, std::size_t at) noexcept {
    const auto first = byte(bytes, at);
    if ((first & 0x80) != 0) return {1, (first & 3U) + 1, (first >> 2 & 0x1f) + 1};
    if ((first & 0x40) == 0) return {1, (first & 0x3f) + 1, 0};
    const auto second = at + 1 < bytes.size() ? byte(bytes, at + 1) : 0U;
    return {2, ((first & 0x3f) << 8 | second) + 1, 0};
}

void write_run(std::string& out, std::size_t registers, unsigned value) {
    while (registers > 0) {
        if (value > 0) {
            const auto n = std::min<std::size_t>(registers, 4);
            out.push_back(static_cast<char>(0x80 | (value - 1) << 2 | (n - 1)));
            registers -= n;
        } else if (registers <= 64) {
            out.push_back(static_cast<char>(registers - 1));
            registers = 0;
        } else {
            const auto n = std::min(registers, registers_count);
            out.push_back(static_cast<char>(0x40 | (n - 1) >> 8));
            out.push_back(static_cast<char>(n - 1));
            registers -= n;
        }
    }
}

unsigned dense_get(const char* registers, std::size_t index) noexcept {
    const auto bit = index * 6;
    const auto low = static_cast<unsigned char>(registers[bit / 8]);
    // The last register ends with the last byte, so the next byte is read only where a register crosses into it.
    const auto high = bit % 8 > 2 ? static_cast<unsigned char>(registers[bit / 8 + 1]) : 0U;
    return (low >> (bit % 8) | high << (8 - bit % 8)) & 0x3fU;
}

void dense_set(char* registers, std::size_t index, unsigned value) noexcept {
    const auto bit = index * 6;
    const unsigned shift = bit % 8;
    auto put = [registers](std::size_t at, unsigned mask, unsigned bits) {
        const auto before = static_cast<unsigned char>(registers[at]);
        registers[at] = static_cast<char>((before & ~mask) | (bits & mask));
    };
    put(bit / 8, 0x3fU << shift & 0xffU, value << shift);
    if (shift > 2) put(bit / 8 + 1, 0x3fU >> (8 - shift), value >> (8 - shift));
}

tl::unexpected<Error> corrupt() {
    return fail(ErrorCode::invalid, "Corrupted HLL object detected");
}

// Raises `into` to the registers of one HyperLogLog.
Result<void> read_registers(std::string_view bytes, Registers& into) {
    if (!is_hyperloglog(bytes)) return corrupt();
    if (byte(bytes, encoding_at) == dense) {
        for (std::size_t i = 0; i < registers_count; ++i) {
            into[i] = std::max(into[i], static_cast<std::uint8_t>(dense_get(bytes.data() + header_bytes, i)));
        }
        return {};
    }
    std::size_t index = 0;
    for (auto at = header_bytes; at < bytes.size();) {
        const auto run = read_run(bytes, at);
        at += run.bytes;
        if (at > bytes.size() || index + run.registers > registers_count) return corrupt();
        for (std::size_t i = 0; i < run.registers; ++i, ++index) {
            into[index] = std::max(into[index], static_cast<std::uint8_t>(run.value));
        }
    }
    if (index != registers_count) return corrupt();
    return {};
}

std::string header(std::uint8_t encoding) {
    std::string out("HYLL");
    out.push_back(static_cast<char>(encoding));
    out.append(11, '\0');
    return out;
}

std::string write_dense(const Registers& registers) {
    auto out = header(dense);
    out.resize(dense_bytes, '\0');
    for (std::size_t i = 0; i < registers_count; ++i) dense_set(out.data() + header_bytes, i, registers[i]);
    return out;
}

// Empty where a value or the size does not permit it.
std::string write_sparse(const Registers& registers, std::size_t most_bytes) {
    auto out = header(sparse);
    for (std::size_t i = 0; i < registers_count;) {
        auto end = i + 1;
        while (end < registers_count && registers[end] == registers[i]) ++end;
        if (registers[i] > largest_sparse_value) return {};
        write_run(out, end - i, registers[i]);
        if (out.size() > header_bytes + most_bytes) return {};
        i = end;
    }
    return out;
}

// Of the runs: the setting includes the header. The sparse form never outgrows the dense one.
std::size_t sparse_limit(const EncodingLimits& limits) noexcept {
    const auto most = std::min<std::size_t>(limits.hll_sparse_max_bytes, dense_bytes);
    return most - std::min(most, header_bytes);
}

void mark_stale(char* bytes) noexcept {
    bytes[cache_at + 7] = static_cast<char>(bytes[cache_at + 7] | 0x80);
}

// Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017: no bias table, no switch of estimators.
double sigma(double x) noexcept {
    if (x == 1.0) return INFINITY;
    double y = 1;
    double z = x;
    double before;
    do {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    } while (before != z);
    return z;
}

double tau(double x) noexcept {
    if (x == 0.0 || x == 1.0) return 0.0;
    double y = 1.0;
    double z = 1 - x;
    double before;
    do {
        x = std::sqrt(x);
        before = z;
        y *= 0.5;
        z -= std::pow(1 - x, 2) * y;
    } while (before != z);
    return z / 3;
}

std::uint64_t estimate(const Registers& registers) noexcept {
    constexpr double alpha_infinity = 0.721347520444481703680;  // 0.5 / ln 2
    std::array<std::uint32_t, 64> histogram{};
    for (auto value : registers) ++histogram[value & 63];
    constexpr double m = registers_count;
    double z = m * tau((m - histogram[hash_rest_bits + 1]) / m);
    for (unsigned value = hash_rest_bits; value >= 1; --value) z = 0.5 * (z + histogram[value]);
    z += m * sigma(histogram[0] / m);
    return static_cast<std::uint64_t>(std::llround(alpha_infinity * m * m / z));
}

// Raises one register of the sparse form, rewriting only the run it lies in; false where it was as high already.
Result<bool> sparse_raise(String& string, std::size_t index, unsigned value) {
    const auto bytes = string.view();
    std::size_t first = 0;
    for (auto at = header_bytes; at < bytes.size();) {
        const auto run = read_run(bytes, at);
        if (at + run.bytes > bytes.size()) return corrupt();
        if (index >= first + run.registers) {
            first += run.registers;
            at += run.bytes;
            continue;
        }
        if (run.value >= value) return false;
        std::string runs;
        write_run(runs, index - first, run.value);
        write_run(runs, 1, value);
        write_run(runs, first + run.registers - index - 1, run.value);
        const auto after = at + run.bytes;
        const auto tail = bytes.size() - after;
        string.resize(bytes.size() + runs.size() - run.bytes);
        std::memmove(string.data() + at + runs.size(), string.data() + after, tail);
        std::memcpy(string.data() + at, runs.data(), runs.size());
        return true;
    }
    return corrupt();
}

// Splitting leaves short runs behind: rewritten whole once they have added up.
Result<void> settle(String& string, const EncodingLimits& limits) {
    const auto most_bytes = sparse_limit(limits);
    if (string.size() <= header_bytes + most_bytes) return {};
    Registers registers{};
    if (auto read = read_registers(string.view(), registers); !read) return read;
    auto rewritten = write_sparse(registers, most_bytes - most_bytes / 8);
    string.assign(rewritten.empty() ? write_dense(registers) : rewritten);
    return {};
}

}  // namespace

std::string new_hyperloglog() {
    auto out = header(sparse);
    write_run(out, registers_count, 0);
    return out;
}

bool is_hyperloglog(std::string_view bytes) noexcept {
    if (bytes.size() < header_bytes || bytes.substr(0, 4) != "HYLL") return false;
    const auto encoding = byte(bytes, encoding_at);
    return encoding == sparse || (encoding == dense && bytes.size() == dense_bytes);
}

std::string_view hyperloglog_encoding(std::string_view bytes) noexcept {
    return byte(bytes, encoding_at) == dense ? "dense" : "sparse";
}

Result<bool> hyperloglog_add(String& string, std::string_view element, const EncodingLimits& limits) {
    if (!is_hyperloglog(string.view())) return corrupt();
    const auto hash = element_hash(element);
    const auto index = static_cast<std::size_t>(hash & (registers_count - 1));
    const auto rest = hash >> index_bits | std::uint64_t{1} << hash_rest_bits;
    const auto value = static_cast<unsigned>(std::countr_zero(rest)) + 1;
    if (byte(string.view(), encoding_at) == sparse && value > largest_sparse_value) {
        Registers registers{};
        if (auto read = read_registers(string.view(), registers); !read) return tl::unexpected(read.error());
        string.assign(write_dense(registers));
    }
    if (byte(string.view(), encoding_at) == sparse) {
        auto raised = sparse_raise(string, index, value);
        if (!raised || !*raised) return raised;
        if (auto settled = settle(string, limits); !settled) return tl::unexpected(settled.error());
    } else {
        char* registers = string.data() + header_bytes;
        if (dense_get(registers, index) >= value) return false;
        dense_set(registers, index, value);
    }
    mark_stale(string.data());
    return true;
}

Result<std::uint64_t> hyperloglog_count(std::span<const std::string_view> sources) {
    if (sources.size() == 1 && is_hyperloglog(sources[0]) && (byte(sources[0], cache_at + 7) & 0x80) == 0) {
        std::uint64_t cached;
        std::memcpy(&cached, sources[0].data() + cache_at, sizeof cached);
        return cached;
    }
    Registers registers{};
    for (auto source : sources) {
        if (auto read = read_registers(source, registers); !read) return tl::unexpected(read.error());
    }
    return estimate(registers);
}

Result<std::uint64_t> hyperloglog_count(String& string) {
    const auto view = string.view();
    auto count = hyperloglog_count(std::span(&view, 1));
    if (count) std::memcpy(string.data() + cache_at, &*count, sizeof *count);
    return count;
}

Result<std::string> hyperloglog_merge(std::span<const std::string_view> sources, const EncodingLimits& limits) {
    Registers registers{};
    bool any_dense = false;
    for (auto source : sources) {
        if (auto read = read_registers(source, registers); !read) return tl::unexpected(read.error());
        any_dense |= byte(source, encoding_at) == dense;
    }
    auto out = any_dense ? std::string() : write_sparse(registers, sparse_limit(limits));
    if (out.empty()) out = write_dense(registers);
    mark_stale(out.data());
    return out;
}

}  // namespace sabil::cache
