#include "proxy/resp/dataset_digest.h"

#include "cache/types/stream_data.h"

#include <openssl/evp.h>

#include <array>
#include <cstring>

namespace sabil::proxy::resp {
namespace {

using Digest = std::array<unsigned char, 20>;

Digest sha1(std::string_view bytes) {
    Digest out{};
    unsigned size = 0;
    EVP_Digest(bytes.data(), bytes.size(), out.data(), &size, EVP_sha1(), nullptr);
    return out;
}

void mix_in(Digest& digest, const Digest& other) {
    for (std::size_t i = 0; i < digest.size(); ++i) digest[i] ^= other[i];
}

// Appends a part with its length, so that parts cannot run into each other.
void add_part(std::string& out, std::string_view part) {
    out += std::to_string(part.size());
    out += ':';
    out += part;
}

void add_number(std::string& out, double number) {
    char bytes[sizeof number];
    std::memcpy(bytes, &number, sizeof number);
    add_part(out, {bytes, sizeof bytes});
}

Digest unordered_digest(const cache::Entry& entry) {
    Digest out{};
    if (const auto* set = entry.get<cache::Set>()) {
        set->for_each([&](cache::ElementView member) {
            mix_in(out, sha1(member.str()));
            return true;
        });
    } else if (const auto* hash = entry.get<cache::Hash>()) {
        hash->for_each([&](cache::ElementView field, cache::ElementView value) {
            std::string part;
            add_part(part, field.str());
            add_part(part, value.str());
            mix_in(out, sha1(part));
        });
    } else if (const auto* zset = entry.get<cache::ZSet>()) {
        zset->for_each([&](cache::ElementView member, double score) {
            std::string part;
            add_part(part, member.str());
            add_number(part, score);
            mix_in(out, sha1(part));
            return true;
        });
    }
    return out;
}

void add_stream(std::string& out, const cache::StreamData& stream) {
    stream.for_range(cache::StreamId::min(), cache::StreamId::max(), [&](const cache::StreamEntryView& entry) {
        add_part(out, entry.id().str());
        entry.for_each([&](cache::ElementView field, cache::ElementView value) {
            add_part(out, field.str());
            add_part(out, value.str());
        });
        return true;
    });
    add_part(out, stream.last_id().str());
    for (const auto& [name, group] : stream.groups()) add_part(out, std::string_view(name.data(), name.size()));
}

Digest value_digest(const cache::Entry& entry) {
    std::string text(cache::type_name(entry.type()));
    if (entry.type() == cache::ValueType::string) {
        add_part(text, entry.string().str());
    } else if (const auto* list = entry.get<cache::List>()) {
        list->for_each([&](cache::ElementView element) {
            add_part(text, element.str());
            return true;
        });
    } else if (const auto* stream = entry.get<cache::Stream>()) {
        add_stream(text, **stream);
    } else {
        auto members = unordered_digest(entry);
        text.append(reinterpret_cast<const char*>(members.data()), members.size());
    }
    if (entry.has_expiry()) text += "!expires";
    return sha1(text);
}

std::string hexadecimal(const Digest& digest) {
    std::string out;
    for (auto byte : digest) (out += "0123456789abcdef"[byte >> 4]) += "0123456789abcdef"[byte & 15];
    return out;
}

}  // namespace

std::string value_digest_text(cache::Database& database, const cache::KeyRef& key) {
    const auto* entry = database.find(key, cache::Touch::no);
    return hexadecimal(entry == nullptr ? Digest{} : value_digest(*entry));
}

std::string dataset_digest(cache::Keyspace& keyspace) {
    Digest out{};
    for (unsigned i = 0; i < keyspace.databases_count(); ++i) {
        cache::Database database(keyspace, i, true);
        database.for_each([&](const cache::KeyRef& key, const cache::Entry& entry) {
            std::string text = std::to_string(i) + ' ';
            add_part(text, key.key);
            auto value = value_digest(entry);
            text.append(reinterpret_cast<const char*>(value.data()), value.size());
            mix_in(out, sha1(text));
        });
    }
    return hexadecimal(out);
}

}  // namespace sabil::proxy::resp
