#include "cache/base/seeded_hash.h"

#include <random>

#include "cache/base/hash.h"

namespace sabil {
namespace {

std::uint64_t random_seed() {
    std::random_device device;
    return static_cast<std::uint64_t>(device()) << 32 | device();
}

const std::uint64_t seed = random_seed();

}  // namespace

std::uint64_t seeded_hash(std::string_view bytes) noexcept {
    return hash_bytes(bytes, seed);
}

}  // namespace sabil
