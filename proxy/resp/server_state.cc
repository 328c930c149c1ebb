#include "proxy/resp/server_state.h"

#include <random>

namespace sabil::proxy::resp {
namespace {

constexpr std::size_t run_id_digits = 40;

std::string new_run_id() {
    constexpr char digits[] = "0123456789abcdef";
    std::random_device random;
    std::string id(run_id_digits, '0');
    for (auto& c : id) c = digits[random() & 15];
    return id;
}

}  // namespace

ServerState::ServerState(cache::Keyspace& store, net::WorkerPool& pool, ServerServices given)
    : keyspace(store),
      workers(pool),
      services(std::move(given)),
      waiters(store.slices_count()),
      config(*this),
      run_id(new_run_id()) {
    for (std::size_t i = 0; i < pool.size(); ++i) {
        stats.push_back(std::make_unique<WorkerStats>(command_table().all().size()));
    }
}

}  // namespace sabil::proxy::resp
