#include "tests/mysql/live/recorder.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <numeric>

namespace sabil::mysql::live {

using binlog::ValueKind;

namespace {

std::string format(const char* how, double value) {
    std::array<char, 400> text{};
    std::snprintf(text.data(), text.size(), how, value);
    std::string out(text.data());
    return out.substr(0, out.find_last_not_of(' ') + 1);
}

// Integers are printed signed, with the unsigned reading behind a negative one.
std::string printed_integer(const binlog::Value& value) {
    const auto bits = 8U * value.integer_bytes;
    const auto raw = value.as_unsigned();
    const auto as_signed = static_cast<std::int64_t>(raw << (64 - bits)) >> (64 - bits);
    if (as_signed >= 0) return std::to_string(as_signed);
    return std::to_string(as_signed) + " (" + std::to_string(raw) + ")";
}

std::string bits_text(std::uint64_t value, unsigned bits) {
    std::string out = "b'";
    for (unsigned i = bits; i > 0; --i) out.push_back((value >> (i - 1) & 1) != 0 ? '1' : '0');
    return out + "'";
}

std::string timestamp_text(const binlog::Value& value, unsigned digits) {
    auto out = std::to_string(value.integer);
    if (digits == 0) return out;
    auto fraction = std::to_string(value.microseconds + 1000000).substr(1);
    return out + "." + fraction.substr(0, digits);
}

}  // namespace

std::string printed(const binlog::Value& value, const binlog::TableColumn& column) {
    const bool compressed = column.type == ColumnType::varchar_compressed || column.type == ColumnType::blob_compressed;
    switch (value.kind) {
        case ValueKind::null:
            return "NULL";
        case ValueKind::integer:
            return printed_integer(value);
        case ValueKind::unsigned_integer:
            if (column.type == ColumnType::bit) {
                return bits_text(value.unsigned_integer, (column.metadata >> 8) * 8U + (column.metadata & 0xff));
            }
            if (column.type == ColumnType::set) {
                std::string bytes = "b'";  // the lowest byte in front
                for (unsigned i = 0; i < column.metadata; ++i) {
                    const auto bits = bits_text(value.unsigned_integer >> 8 * i & 0xff, 8);
                    bytes += bits.substr(2, 8);
                }
                return bytes + "'";
            }
            if (column.type == ColumnType::enum_ || column.type == ColumnType::year) {
                return std::to_string(value.unsigned_integer);
            }
            return printed_integer(value);
        case ValueKind::real:
            return format(column.type == ColumnType::float_ ? "%-20g" : "%-.20g", value.real);
        case ValueKind::date: {
            auto out = std::string(value.bytes);
            for (auto& c : out) c = c == '-' ? ':' : c;
            return out;
        }
        case ValueKind::timestamp:
            return timestamp_text(value, column.metadata);
        case ValueKind::json:
        case ValueKind::partial_json:
            return "(JSON)";
        default:
            return compressed ? "(COMPRESSED)" : std::string(value.bytes);
            return std::string(value.bytes);
    }
}

Image Recorder::image(const binlog::TableMap& table, std::span<const binlog::Value> values) {
    Image out;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!values[i].present()) continue;
        if (values[i].kind == ValueKind::partial_json) ++partial_values;
        if (table.columns[i].type == ColumnType::varchar_compressed ||
            table.columns[i].type == ColumnType::blob_compressed) {
            uncompressed.emplace(values[i].bytes);
        }
        out[static_cast<int>(i) + 1] = printed(values[i], table.columns[i]);
    }
    return out;
}

void Recorder::on_rows(const binlog::EventHeader&, const binlog::RowsEvent& e) {
    std::vector<std::uint16_t> all(e.table->columns.size());
    std::iota(all.begin(), all.end(), std::uint16_t{0});
    binlog::RowReader reader(e, all);
    constexpr std::array<const char*, 3> names{"INSERT", "UPDATE", "DELETE"};
    while (reader.next()) {
        rows.push_back({e.table->schema + "." + e.table->table, names[static_cast<std::size_t>(e.change)],
                        image(*e.table, reader.before()), image(*e.table, reader.after())});
    }
    if (!reader.status()) error = reader.status().error().message;
}

namespace {

// MariaDB's tool escapes control bytes only, MySQL's quotes and backslashes too.
std::string unescape(std::string_view text, bool mariadb) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.substr(i, 2) == "\\x" && i + 3 < text.size()) {
            out.push_back(static_cast<char>(std::stoi(std::string(text.substr(i + 2, 2)), nullptr, 16)));
            i += 3;
        } else if (mariadb) {
            out.push_back(text[i]);
        } else if (text[i] == '\\' && i + 1 < text.size() &&
                   std::string_view("nrt0").find(text[i + 1]) != std::string_view::npos) {
            constexpr std::string_view plain("\n\r\t\0", 4);
            out.push_back(plain[std::string_view("nrt0").find(text[++i])]);
        } else if (text.substr(i, 2) == "\\\\" || text.substr(i, 2) == "\\'") {
            out.push_back(text[++i]);
        } else {
            out.push_back(text[i]);
        }
    }
    return out;
}

// "@3='text' /* VARSTRING(400) meta=400 nullable=1 is_null=0 */"
std::pair<int, std::string> read_column(std::string_view line, bool mariadb) {
    const auto equals = line.find('=');
    const int position = std::stoi(std::string(line.substr(1, equals - 1)));
    auto rest = line.substr(equals + 1);
    const auto comment = rest.rfind(" /* ");
    const auto type = comment == std::string_view::npos ? std::string_view{} : rest.substr(comment + 4);
    rest = rest.substr(0, comment);
    while (!rest.empty() && rest.back() == ' ') rest.remove_suffix(1);
    if (rest != "NULL" && type.starts_with("JSON")) return {position, "(JSON)"};
    if (rest != "NULL" && type.find(" COMPRESSED ") != std::string_view::npos) return {position, "(COMPRESSED)"};
    if (rest.size() >= 2 && rest.front() == '\'' && rest.back() == '\'') {
        return {position, unescape(rest.substr(1, rest.size() - 2), mariadb)};
    }
    return {position, std::string(rest)};
}

std::string output_of(const std::string& command) {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
    std::string out;
    std::array<char, 65536> buffer{};
    while (const auto got = std::fread(buffer.data(), 1, buffer.size(), pipe.get())) out.append(buffer.data(), got);
    return out;
}

std::string tool_command(const Server& server) {
    if (server.mariadb()) return "mariadb-binlog --no-defaults";
    auto root = output_of(std::string(SABIL_SOURCE_DIR) + "/tests/support/peers");
    while (!root.empty() && root.back() == '\n') root.pop_back();
    const auto libraries = root + "/usr/lib/x86_64-linux-gnu";
    return libraries + "/ld-linux-x86-64.so.2 --library-path " + libraries + ":" + root + "/usr/lib/mysql/private " +
           root + "/usr/bin/mysqlbinlog --no-defaults";
}

}  // namespace

std::vector<RecordedRow> rows_by_tool(const Server& server, const std::string& file) {
    const auto text = output_of(tool_command(server) + " -vv --base64-output=DECODE-ROWS " + file + " 2>&1");
    std::vector<RecordedRow> rows;
    Image* image = nullptr;
    std::size_t at = 0;
    while (at < text.size()) {
        const auto end = std::min(text.find('\n', at), text.size());
        std::string_view line(text.data() + at, end - at);
        at = end + 1;
        if (!line.starts_with("### ")) continue;
        line.remove_prefix(4);
        if (line.starts_with("  @")) {
            if (image == nullptr) continue;
            image->insert(read_column(line.substr(2), server.mariadb()));
        } else if (line == "WHERE") {
            image = &rows.back().before;
        } else if (line == "SET") {
            image = &rows.back().after;
        } else if (line.starts_with("INSERT INTO ") || line.starts_with("UPDATE ") ||
                   line.starts_with("DELETE FROM ")) {
            std::string table(line.substr(line.find('`')));
            std::erase(table, '`');
            rows.push_back({table, std::string(line.substr(0, 6)), {}, {}});
            image = nullptr;
        }
    }
    if (rows.empty()) ADD_FAILURE() << "the tool printed no rows: " << text.substr(0, 2000);
    return rows;
}

void record(const Server& server, binlog::DumpStart from, const std::string& marker, Recorder& recorder) {
    asio::io_context io;
    binlog::DumpOptions options;
    options.connect = server.sabil();
    options.replica_id = 4242;
    binlog::DumpClient client(io, options, recorder);
    bool lost = false;
    client.start(
        std::move(from), [](const ServerIdentity&) { return Result<void>{}; },
        [&](const Error& error) {
            lost = true;
            ADD_FAILURE() << "the dump ended: " << error.message;
        });
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    const auto found = [&] {
        for (const auto& row : recorder.rows) {
            if (row.table == marker) return true;
        }
        return false;
    };
    while (!lost && !found() && std::chrono::steady_clock::now() < end) io.run_one_for(std::chrono::milliseconds(50));
    EXPECT_TRUE(found()) << "the row of " << marker << " did not come";
    EXPECT_EQ(recorder.error, "");
}

}  // namespace sabil::mysql::live
