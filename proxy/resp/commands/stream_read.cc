// XREAD and XREADGROUP: entries of several streams from given ids on, waited for where asked.
#include "proxy/resp/command_families.h"
#include "proxy/resp/commands/stream_argument.h"
#include "proxy/resp/commands/stream_position.h"

#include <algorithm>
#include <string>
#include <vector>

namespace sabil::proxy::resp {
namespace {

using cache::Database;
using cache::EventClass;
using cache::KeyRef;
using cache::Stream;
using cache::StreamConsumer;
using cache::StreamData;
using cache::StreamGroup;
using cache::StreamId;

struct ReadRequest {
    bool by_group = false;  // XREADGROUP
    std::string_view group;
    std::string_view consumer;
    bool no_acknowledge = false;
    std::int64_t count = 0;  // 0: all
    std::optional<std::int64_t> block_ms;
    Args names;
    Args ids;
    std::size_t ids_at = 0;

    bool parse(Args args, Reply& reply) {
        for (std::size_t i = 1; i < args.size() && names.empty();) {
            std::size_t taken = 0;
            if (!take_option(args, i, taken, reply)) return false;
            if (taken == 0 && names.empty()) return refuse(errors::syntax, reply);
            i += taken;
        }
        if (names.empty()) return refuse(errors::syntax, reply);
        if (by_group && group.data() == nullptr) return refuse("ERR Missing GROUP option for XREADGROUP", reply);
        return true;
    }

  private:
    static bool refuse(std::string_view error, Reply& reply) {
        reply.error(error);
        return false;
    }

    bool take_option(Args args, std::size_t at, std::size_t& taken, Reply& reply) {
        const auto word = args[at];
        const std::size_t left = args.size() - at - 1;
        if (left >= 1 && equals_ignoring_case(word, "block")) {
            taken = 2;
            return take_block(args[at + 1], reply);
        }
        if (left >= 1 && equals_ignoring_case(word, "count")) {
            taken = 2;
            if (!integer_argument(args[at + 1], count, reply)) return false;
            count = std::max<std::int64_t>(0, count);
        } else if (left >= 1 && equals_ignoring_case(word, "streams")) {
            return take_streams(args, at + 1, reply);
        } else if (left >= 2 && equals_ignoring_case(word, "group")) {
            if (!by_group) {
                return refuse("ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.", reply);
            }
            group = args[at + 1];
            consumer = args[at + 2];
            taken = 3;
        } else if (equals_ignoring_case(word, "noack")) {
            if (!by_group) {
                return refuse("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.", reply);
            }
            no_acknowledge = true;
            taken = 1;
        }
        return true;
    }

    bool take_block(std::string_view text, Reply& reply) {
        std::int64_t value = 0;
        if (!integer_argument(text, value, reply, "ERR timeout is not an integer or out of range")) return false;
        if (value < 0) return refuse(errors::timeout_negative, reply);
        block_ms = value;
        return true;
    }

    bool take_streams(Args args, std::size_t first, Reply& reply) {
        const std::size_t rest = args.size() - first;
        if (rest % 2 != 0) {
            return refuse(by_group ? "ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' "
                                     "must be specified."
                                   : "ERR Unbalanced 'xread' list of streams: for each stream key an ID, '+', or "
                                     "'$' must be specified.",
                          reply);
        }
        names = args.subspan(first, rest / 2);
        ids = args.subspan(first + rest / 2);
        ids_at = first + rest / 2;
        return true;
    }
};

// One stream of the request.
struct Source {
    KeyRef key;
    StreamData* stream = nullptr;
    StreamGroup* group = nullptr;
    StreamId after;      // entries above it are asked for
    bool fresh = false;  // `>`: what the group has not delivered yet

    bool has_news() const noexcept {
        if (stream == nullptr) return false;
        const auto top = stream->top_id();
        return top && *top > (fresh ? group->last_delivered : after);
    }
};

bool resolve_id(std::string_view text, bool by_group, Source& source, Reply& reply) {
    if (text == "$") {
        if (by_group) {
            reply.error(
                "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this "
                "consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just return "
                "an empty result set.");
            return false;
        }
        source.after = source.stream != nullptr ? source.stream->last_id() : StreamId::min();
        return true;
    }
    if (text == "+") {
        if (by_group) {
            reply.error(
                "ERR The + ID is meaningless in the context of XREADGROUP: you want to read the history of this "
                "consumer by specifying a proper ID, or use the > ID to get new messages. The + ID would just return "
                "an empty result set.");
            return false;
        }
        const auto top = source.stream != nullptr ? source.stream->top_id() : std::nullopt;
        source.after = top ? top->previous() : source.stream != nullptr ? source.stream->last_id() : StreamId::min();
        return true;
    }
    if (text == ">") {
        if (!by_group) {
            reply.error(
                "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> "
                "option.");
            return false;
        }
        source.fresh = true;
        return true;
    }
    return stream_id_argument(text, 0, source.after, reply);
}

bool find_sources(Database& database, const ReadRequest& request, std::vector<Source>& sources, Reply& reply) {
    for (std::size_t i = 0; i < request.names.size(); ++i) {
        Source source;
        source.key = KeyRef(request.names[i]);
        const auto stream =
            request.by_group ? database.find_for_write<Stream>(source.key) : database.find<Stream>(source.key);
        if (refuse_wrong_type(stream, reply)) return false;
        if (stream) source.stream = &**stream;
        if (request.by_group) {
            source.group = stream ? source.stream->find_group(request.group) : nullptr;
            if (source.group == nullptr) {
                reply.error("NOGROUP No such key '" + std::string(request.names[i]) + "' or consumer group '" +
                            std::string(request.group) + "' in XREADGROUP with GROUP option");
                return false;
            }
        }
        if (!resolve_id(request.ids[i], request.by_group, source, reply)) return false;
        sources.push_back(source);
    }
    return true;
}

// Deliveries as they are logged: the entry's new owner, time and count, whatever the moment of the replay.
class DeliveryLog {
  public:
    DeliveryLog(Session& session, const ReadRequest& request, WallTime now)
        : session_(session), request_(request), now_(std::to_string(now.time_since_epoch().count())) {}

    void created_consumer(const KeyRef& key) {
        session_.log_instead({"XGROUP", "CREATECONSUMER", key.key, request_.group, request_.consumer});
    }
    void delivered(const Source& source, StreamId id, std::uint64_t deliveries) {
        const std::string text = id.str();
        const std::string count = std::to_string(deliveries);
        const std::string last = source.group->last_delivered.str();
        session_.log_instead({"XCLAIM", source.key.key, request_.group, request_.consumer, "0", text, "TIME", now_,
                              "RETRYCOUNT", count, "FORCE", "JUSTID", "LASTID", last});
    }
    void moved_on(const Source& source) {
        const std::string last = source.group->last_delivered.str();
        const auto read = source.group->entries_read;
        const std::string count = read ? std::to_string(*read) : "-1";
        session_.log_instead({"XGROUP", "SETID", source.key.key, request_.group, last, "ENTRIESREAD", count});
    }

  private:
    Session& session_;
    const ReadRequest& request_;
    std::string now_;
};

// Entries nobody of the group has been given.
std::size_t deliver_news(Source& source, StreamConsumer& consumer, const ReadRequest& request, WallTime now,
                         DeliveryLog& log, Reply& reply) {
    const auto mark = reply.open();
    std::size_t written = 0;
    StreamGroup& group = *source.group;
    source.stream->for_range(group.last_delivered.next(), StreamId::max(), [&](const cache::StreamEntryView& entry) {
        advance_group(*source.stream, group, entry.id());
        reply_stream_entry(entry, reply);
        if (!request.no_acknowledge) {
            group.assign(entry.id(), consumer, now, 1);
            log.delivered(source, entry.id(), 1);
        }
        return ++written != static_cast<std::size_t>(request.count);
    });
    reply.close_array(mark, written);
    if (written > 0) log.moved_on(source);
    return written;
}

// What the consumer was given and has not acknowledged; entries deleted since have null for their fields.
// That it was read again is too little to be logged.
std::size_t deliver_again(const Source& source, StreamConsumer& consumer, const ReadRequest& request, WallTime now,
                          Reply& reply) {
    const auto mark = reply.open();
    std::size_t written = 0;
    for (auto at = consumer.pending.upper_bound(source.after); at != consumer.pending.end(); ++at) {
        if (reply_stream_entry_at(*source.stream, *at, reply)) {
            auto* pending = source.group->find_pending(*at);
            pending->delivered = now;
            ++pending->deliveries;
        } else {
            reply.array(2);
            reply_stream_id(*at, reply);
            reply.null_array();
        }
        if (++written == static_cast<std::size_t>(request.count)) break;
    }
    reply.close_array(mark, written);
    return written;
}

void read_for_group(Database& database, Source& source, const ReadRequest& request, Reply& reply, Session& session) {
    const WallTime now = database.now();
    DeliveryLog log(session, request, now);
    const bool is_new = source.group->find_consumer(request.consumer) == nullptr;
    StreamConsumer& consumer = source.group->consumer(request.consumer, now);
    consumer.seen = now;
    if (is_new) log.created_consumer(source.key);
    const std::size_t written = source.fresh ? deliver_news(source, consumer, request, now, log, reply)
                                             : deliver_again(source, consumer, request, now, reply);
    if (written > 0) consumer.active = now;
    if (is_new) {
        database.changed(source.key, EventClass::stream, "xgroup-createconsumer");
    } else if (written > 0 && source.fresh) {
        database.changed(source.key);
    }
}

// True where something was written.
bool read_now(Database& database, std::vector<Source>& sources, const ReadRequest& request, Reply& reply,
              Session& session) {
    const auto ready = [](const Source& source) {
        return (source.group != nullptr && !source.fresh) || source.has_news();
    };
    const auto count = static_cast<std::size_t>(std::count_if(sources.begin(), sources.end(), ready));
    if (count == 0) return false;
    reply.resp_version() == 3 ? reply.map(count) : reply.array(count);
    for (auto& source : sources) {
        if (!ready(source)) continue;
        if (reply.resp_version() == 2) reply.array(2);
        reply.bulk(source.key.key);
        if (source.group != nullptr) {
            read_for_group(database, source, request, reply, session);
        } else {
            reply_stream_range(*source.stream, source.after.next(), StreamId::max(),
                               static_cast<std::size_t>(request.count), false, reply);
        }
    }
    return true;
}

// A consumer that waits exists from now on.
void note_consumers(Database& database, std::vector<Source>& sources, const ReadRequest& request, Session& session) {
    for (auto& source : sources) {
        if (source.group == nullptr) continue;
        const bool is_new = source.group->find_consumer(request.consumer) == nullptr;
        source.group->consumer(request.consumer, database.now()).seen = database.now();
        if (!is_new) continue;
        DeliveryLog(session, request, database.now()).created_consumer(source.key);
        database.changed(source.key, EventClass::stream, "xgroup-createconsumer");
    }
}

void read_or_wait(Database& database, Args args, bool by_group, Reply& reply, Session& session) {
    ReadRequest request;
    request.by_group = by_group;
    if (!request.parse(args, reply)) return;
    std::vector<Source> sources;
    if (!find_sources(database, request, sources, reply)) return;
    if (read_now(database, sources, request, reply, session)) return;
    if (by_group && !session.is_retry()) note_consumers(database, sources, request, session);
    if (!request.block_ms) return reply.null_array();
    BlockRequest block;
    block.keys.assign(request.names.begin(), request.names.end());
    block.timeout_ms = *request.block_ms;
    block.ends_on_error = by_group;
    block.retry_args.assign(args.begin(), args.end());
    // `$` means what is newest now, not when the command runs again.
    for (std::size_t i = 0; i < sources.size(); ++i) {
        if (request.ids[i] == "$") block.retry_args[request.ids_at + i] = sources[i].after.str();
    }
    session.block(std::move(block), reply);
}

// XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]
void xread(Database& database, Args args, Reply& reply, Session& session) {
    read_or_wait(database, args, false, reply, session);
}

// XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key [key ...] id [id ...]
void xreadgroup(Database& database, Args args, Reply& reply, Session& session) {
    read_or_wait(database, args, true, reply, session);
}

// A group or a consumer may be called "streams".
void find_group_streams(Args args, std::vector<FoundKey>& found) {
    for (std::size_t i = 1; i < args.size();) {
        if (equals_ignoring_case(args[i], "streams")) {
            const std::size_t first = i + 1;
            const std::size_t count = (args.size() - first) / 2;
            for (std::size_t at = first; at < first + count; ++at) {
                found.push_back({static_cast<std::uint32_t>(at), key_flag::ro | key_flag::access});
            }
            return;
        }
        const bool takes_one = equals_ignoring_case(args[i], "count") || equals_ignoring_case(args[i], "block");
        i += equals_ignoring_case(args[i], "group") ? 3 : takes_one ? 2 : 1;
    }
}

constexpr CommandSpec rows[] = {
    {.name = "xread",
     .arguments = "[COUNT count:integer] [BLOCK milliseconds:integer] (<streams:STREAMS> key... id...)",
     .arity = -4,
     .access = Access::read(),
     .flags = flag::blocking,
     .keys = {keys::after("STREAMS", 1, -1, 1, 2, key_flag::ro | key_flag::access)},
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "Returns the entries of streams that are newer than given ids; waits for them where asked.",
     .complexity = "For each stream mentioned: O(N)",
     .handler = xread},
    {.name = "xreadgroup",
     .arguments = "(<group-block:GROUP> group consumer) [COUNT count:integer] [BLOCK milliseconds:integer] "
                  "[NOACK] (<streams:STREAMS> key... id...)",
     .arity = -7,
     .access = Access::write(),
     .flags = flag::blocking,
     .keys = {keys::after("STREAMS", 4, -1, 1, 2, key_flag::ro | key_flag::access)},
     .find_keys = find_group_streams,
     .group = Group::stream,
     .since = "5.0.0",
     .summary = "Delivers entries to a consumer of a group, or returns those it has pending; waits where asked.",
     .complexity = "For each stream mentioned: O(M)",
     .handler = xreadgroup},
};

}  // namespace

CommandFamily stream_read_commands() {
    return rows;
}

}  // namespace sabil::proxy::resp
