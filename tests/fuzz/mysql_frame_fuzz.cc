// Framing and the response tracker: the same bytes, cut in two ways, must tell the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "mysql/wire/frame.h"
#include "mysql/wire/response_tracker.h"

using namespace sabil::mysql;

namespace {

void check(bool good) {
    if (!good) std::abort();
}

struct Outcome {
    std::size_t consumed = 0;
    bool done = false;
    bool failed = false;
    ResponseSummary summary;
};

Outcome track(Command command, Capabilities capabilities, std::string_view bytes, std::size_t step) {
    ResponseTracker tracker;
    tracker.start(command, capabilities);
    Outcome out;
    while (out.consumed < bytes.size() && !tracker.done()) {
        auto consumed = tracker.consume(bytes.substr(out.consumed, step));
        if (!consumed) {
            out.failed = true;
            return out;
        }
        check(*consumed > 0 || tracker.done());
        out.consumed += *consumed;
    }
    out.done = tracker.done();
    out.summary = tracker.summary();
    check(out.summary.bytes == out.consumed);
    return out;
}

void assemble(std::string_view bytes, std::size_t step) {
    PacketAssembler assembler(1 << 16);
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        auto in = bytes.substr(at, step);
        for (;;) {
            auto packet = assembler.next(in);
            if (!packet) return;
            if (!*packet) break;
            check((*packet)->payload.size() <= 1 << 16);
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 4) return 0;
    const auto command = static_cast<Command>(data[0]);
    const auto flags = data[1];
    Capabilities capabilities = 0;
    if ((flags & 1) != 0) capabilities |= capability::deprecate_eof;
    if ((flags & 2) != 0) capabilities |= capability::session_track;
    if ((flags & 4) != 0) capabilities |= capability::mariadb_cache_metadata;
    if ((flags & 8) != 0) capabilities |= capability::optional_resultset_metadata;
    const std::size_t step = 1 + data[2];
    const std::string_view bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
    const auto whole = track(command, capabilities, bytes, bytes.size());
    const auto cut = track(command, capabilities, bytes, step);
    check(whole.failed == cut.failed);
    if (!whole.failed) {
        check(whole.consumed == cut.consumed && whole.done == cut.done);
        check(whole.summary.rows == cut.summary.rows && whole.summary.packets == cut.summary.packets);
        check(whole.summary.results == cut.summary.results && whole.summary.status == cut.summary.status);
        check(whole.summary.rows_begin == cut.summary.rows_begin);
        check(whole.summary.terminator_begin == cut.summary.terminator_begin);
    }
    assemble(bytes, step);
    return 0;
}
