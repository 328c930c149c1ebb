// Commands with the replies they must have, one after the other on one connection.
#pragma once

#include "tests/proxy/resp/server_fixture.h"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sabil::proxy::resp {

struct Expected {
    std::string_view command;  // words separated by blanks; '' is the empty word
    std::string_view reply;    // as TestClient writes it
};

inline std::vector<std::string_view> words_of(std::string_view line) {
    std::vector<std::string_view> words;
    while (!line.empty()) {
        const auto end = line.find(' ');
        const auto word = line.substr(0, end);
        words.push_back(word == "''" ? std::string_view{} : word);
        line = end == std::string_view::npos ? std::string_view{} : line.substr(end + 1);
    }
    return words;
}

inline void send_line(TestClient& client, std::string_view line) {
    const auto words = words_of(line);
    std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
    for (const auto word : words) (bytes += "$" + std::to_string(word.size()) + "\r\n").append(word) += "\r\n";
    client.send_bytes(bytes);
}

inline void expect_replies(TestClient& client, std::span<const Expected> table) {
    for (const auto& row : table) {
        send_line(client, row.command);
        EXPECT_EQ(client.receive(), row.reply) << row.command;
    }
}

}  // namespace sabil::proxy::resp
