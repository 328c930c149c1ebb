// Ranges of sorted sets as arguments, and members with scores as replies.
#pragma once

#include "cache/types/zset.h"
#include "proxy/resp/args.h"
#include "proxy/resp/commands/typed_access.h"

#include <string_view>

namespace sabil::proxy::resp {

// `min max`, each a number or `(number`. Error: "ERR min or max is not a float".
bool score_range_argument(std::string_view min, std::string_view max, cache::ScoreRange& range, Reply& reply);
// `min max`, each `-`, `+`, `[text` or `(text`. Error: "ERR min or max not valid string range item".
bool lex_range_argument(std::string_view min, std::string_view max, cache::LexRange& range, Reply& reply);

// A member, and its score where asked: in RESP3 the two are an array of their own, in RESP2 they follow each other.
class ScoredWriter {
  public:
    ScoredWriter(Reply& reply, bool with_scores) noexcept
        : reply_(reply), with_scores_(with_scores), nested_(with_scores && reply.resp_version() == 3) {}

    // How many parts an array of `count` members has.
    std::size_t parts(std::size_t count) const noexcept { return with_scores_ && !nested_ ? 2 * count : count; }
    void write(const cache::ElementView& member, double score) const {
        if (nested_) reply_.array(2);
        reply_element(reply_, member);
        if (with_scores_) reply_.number(score);
    }

  private:
    Reply& reply_;
    bool with_scores_;
    bool nested_;
};

}  // namespace sabil::proxy::resp
