// Reads tables of a configuration into fields. The calls are the schema: each names a key, and finish() reports every
// key that no call asked for, with the nearest that one did. Errors are collected, so that one start shows them all.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/app/config_node.h"
#include "proxy/app/values.h"
#include "proxy/net/address.h"

namespace sabil::proxy::app {

// "section.key" -> text, from the command line; they win over the file.
using Overrides = std::map<std::string, std::string>;

// What the readers of one configuration share. Thread-safety: one thread.
struct ConfigReport {
    std::string file;  // for messages
    const Overrides* overrides = nullptr;
    std::vector<std::string> errors;
};

class SectionReader {
  public:
    // node: the section's table, or null where the file has none. name: "cache"; overridable where the command line may
    // set its keys.
    SectionReader(ConfigReport& report, const ConfigNode* node, std::string name, bool overridable);

    bool present() const noexcept { return node_ != nullptr || overridden_; }
    unsigned line() const noexcept { return node_ == nullptr ? 0 : node_->line; }

    // Each leaves the field alone where the key is absent, and returns whether it was set.
    bool text(std::string_view key, std::string& field);
    // Reports `missing` where the key is absent or empty.
    void required_text(std::string_view key, std::string& field, const std::string& missing);
    bool boolean(std::string_view key, bool& field);
    bool integer(std::string_view key, std::int64_t& field, std::int64_t least, std::int64_t most);
    bool bytes(std::string_view key, std::uint64_t& field, std::uint64_t least);
    bool duration(std::string_view key, std::chrono::milliseconds& field, std::chrono::milliseconds least,
                  std::chrono::milliseconds most);
    bool addresses(std::string_view key, std::vector<net::Address>& field);
    // One of the names.
    template <class Enum>
    bool choice(std::string_view key, Enum& field, std::initializer_list<std::pair<std::string_view, Enum>> names);
    // A table below this one, or null.
    const ConfigNode* child(std::string_view key);
    // Every key with its value as text, for a section whose keys are known elsewhere.
    std::vector<std::pair<std::string, std::string>> every_text();

    void error(std::string_view key, const std::string& what);
    void finish();

  private:
    struct Found {
        const ConfigNode* node = nullptr;
        const std::string* text = nullptr;  // from the command line
        explicit operator bool() const noexcept { return node != nullptr || text != nullptr; }
    };
    Found find(std::string_view key);
    std::optional<std::string> word(std::string_view key, std::string_view wanted, bool numbers_too);
    std::string place(unsigned line) const;
    std::string shown(std::string_view key) const;

    ConfigReport& report_;
    const ConfigNode* node_;
    std::string name_;
    bool overridable_;
    bool overridden_ = false;
    bool takes_any_ = false;
    std::vector<std::string> known_;
};

template <class Enum>
bool SectionReader::choice(std::string_view key, Enum& field,
                           std::initializer_list<std::pair<std::string_view, Enum>> names) {
    auto value = word(key, "a string", true);
    if (!value) return false;
    std::string list;
    for (const auto& [name, meaning] : names) {
        if (name == *value) {
            field = meaning;
            return true;
        }
        list.append(list.empty() ? "" : ", ").append(name);
    }
    error(key, "is '" + *value + "'; it must be one of " + list);
    return false;
}

}  // namespace sabil::proxy::app
