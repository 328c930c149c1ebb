// Read-through in the dispatcher: which keys of a command are filled from MySQL, and whether they must be filled first.
#include "proxy/resp/client_state.h"
#include "proxy/resp/dispatcher.h"
#include "proxy/resp/key_extraction.h"

#include <algorithm>

namespace sabil::proxy::resp {
namespace {

void refuse_write(std::string_view lookup, Reply& reply) {
    reply.error("LOOKUP key is filled from MySQL by lookup '" + std::string(lookup), "'; change the row instead");
}

bool reads_keys(const Command& command) {
    const auto& spec = *command.spec;
    return spec.access.reads() || spec.access.writes() || spec.group == Group::scripting;
}

}  // namespace

bool Dispatcher::refuses_lookup_write(const Command& command, Args args, Reply& reply) const {
    auto* lookups = server_.services.read_through;
    if (lookups == nullptr || lookups->empty() || !command.spec->access.writes()) return false;
    if ((command.spec->flags & flag::drops_filled) != 0) return false;
    std::vector<FoundKey> found;
    find_keys(*command.spec, args, found);
    for (const auto& key : found) {
        if ((key.flags & key_flag::writes) == 0) continue;
        auto lookup = lookups->match(args[key.argument]);
        if (lookup.empty()) continue;
        refuse_write(lookup, reply);
        return true;
    }
    return false;
}

// Does a command that takes its slices itself (EXEC, SORT) read keys that lookups fill? Then it runs with all of them
// held from before its fills are looked at, so that none is lost in between.
bool Dispatcher::reads_lookups(Session& session, const Request& request) const {
    auto* lookups = server_.services.read_through;
    if (lookups == nullptr || lookups->empty()) return false;
    std::vector<FoundKey> found;
    auto reads = [&](const Command& command, Args args) {
        if (!reads_keys(command)) return false;
        found.clear();
        find_keys(*command.spec, args, found);
        return std::any_of(found.begin(), found.end(),
                           [&](const auto& key) { return !lookups->match(args[key.argument]).empty(); });
    };
    if (request.command->name != "exec") return reads(*request.command, request.args);
    const auto& queue = session.client_.transaction.queue;
    return std::any_of(queue.begin(), queue.end(), [&](const StoredCommand& stored) {
        std::vector<std::string_view> args(stored.args.begin(), stored.args.end());
        return reads(*stored.command, args);
    });
}

// With the command's slices held. False where an error was written. For EXEC the keys are those of its queue.
bool Dispatcher::prepare_fills(Session& session, const Request& request, Reply& reply,
                               std::shared_ptr<FillRound>& round, std::vector<std::string>& one_shots, bool& wants) {
    auto& lookups = *server_.services.read_through;
    cache::Database database(server_.keyspace, session.database_index_);
    auto each = [&](const Command& command, Args args) {
        if (!reads_keys(command)) return true;
        if (refuses_lookup_write(command, args, reply)) return false;
        std::vector<FoundKey> found;
        find_keys(*command.spec, args, found);
        for (const auto& key : found) {
            auto name = args[key.argument];
            auto lookup = lookups.match(name);
            if (lookup.empty()) continue;
            if (command.spec->access.writes() && (key.flags & key_flag::writes) != 0) continue;  // dropped, not read
            bool wanted_before = wants;
            if (!prepare_fill(database, name, reply, round, one_shots, wants)) return false;
            // Where the command comes back from a fill, its read was a miss.
            if (wants == wanted_before && !round) {
                lookups.hit(database, name, lookup);
                ++lookup_hits_;
            }
        }
        return true;
    };
    if (request.command->name != "exec") return each(*request.command, request.args);
    for (const auto& stored : session.client_.transaction.queue) {
        std::vector<std::string_view> args(stored.args.begin(), stored.args.end());
        if (!each(*stored.command, args)) return false;
    }
    return true;
}

bool Dispatcher::prepare_fill(cache::Database& database, std::string_view key, Reply& reply,
                              std::shared_ptr<FillRound>& round, std::vector<std::string>& one_shots,
                              bool& wants) {
    cache::KeyRef ref(key);
    if (database.presence(ref) != cache::Presence::missing) return true;
    const FillResult* result = round ? round->result(database.index(), key) : nullptr;
    if (result != nullptr) {
        switch (result->outcome) {
            case FillOutcome::unavailable: reply.error("MYSQLDOWN ", result->message); return false;
            case FillOutcome::error: reply.error("LOOKUP ", result->message); return false;
            case FillOutcome::one_shot:
                if (result->put) result->put(database);
                one_shots.emplace_back(ref.key);
                return true;
            case FillOutcome::filled: break;
        }
        if (round->rounds() >= FillRound::rounds_max) {
            reply.error("LOOKUP the key's rows change faster than they can be read");
            return false;
        }
    }
    if (!round) round = std::make_shared<FillRound>();
    round->want(database.index(), key);
    wants = true;
    return true;
}

}  // namespace sabil::proxy::resp
