#include "tests/coherence/questions.h"

namespace sabil::coherence_test {

std::vector<Question> make_questions(const invalidation::sql::ParseMode& mode) {
    std::vector<Question> out;
    auto add = [&](std::string text, std::function<std::uint64_t(const Truth&)> least) {
        auto statement = invalidation::sql::analyze(text, mode);
        out.push_back({std::move(text), std::move(statement), std::move(least)});
    };
    for (unsigned id = 0; id < counters_count; ++id) {
        add("SELECT v FROM counters WHERE id = " + std::to_string(id), [id](const Truth& t) { return t.counter(id); });
    }
    for (unsigned id = 0; id + 1 < counters_count; id += 8) {
        add("SELECT SUM(v) FROM counters WHERE id IN (" + std::to_string(id) + ", " + std::to_string(id + 1) + ")",
            [id](const Truth& t) { return t.counter(id) + t.counter(id + 1); });
        add("SELECT c.v FROM counters c JOIN names n ON n.id = c.id WHERE c.id = " + std::to_string(id),
            [id](const Truth& t) { return t.counter(id); });
    }
    for (unsigned group = 0; group < groups_count; ++group) {
        add("SELECT SUM(v) FROM counters WHERE grp = " + std::to_string(group),
            [group](const Truth& t) { return t.group(group); });
    }
    for (unsigned id = 0; id + 9 < counters_count; id += 16) {
        auto first = std::to_string(id);
        auto last = std::to_string(id + 9);
        add("SELECT SUM(v) FROM counters WHERE id BETWEEN " + first + " AND " + last,
            [id](const Truth& t) { return t.range(id, id + 9); });
        add("SELECT SUM(v) FROM counters WHERE id >= " + first,
            [id](const Truth& t) { return t.range(id, counters_count - 1); });
        add("SELECT SUM(v) FROM counters WHERE id < " + last, [id](const Truth& t) { return t.range(0, id + 8); });
    }
    for (unsigned id = 0; id < parents_count; ++id) {
        add("SELECT k FROM shadows WHERE id = " + std::to_string(id), [id](const Truth& t) { return t.parent(id); });
    }
    add("SELECT SUM(v) FROM counters", [](const Truth& t) { return t.all(); });
    return out;
}

std::vector<std::string> set_up_statements() {
    std::string rows;
    std::string names;
    for (unsigned id = 0; id < counters_count; ++id) {
        rows += (id ? ",(" : "(") + std::to_string(id) + "," + std::to_string(id % groups_count) + ",1)";
        names += (id ? ",(" : "(") + std::to_string(id) + ",'n" + std::to_string(id) + "')";
    }
    std::string parents;
    for (unsigned id = 0; id < parents_count; ++id) {
        parents += (id ? ",(" : "(") + std::to_string(id) + "," + std::to_string(id) + ")";
    }
    auto name = std::string(schema_name);
    return {"DROP DATABASE IF EXISTS " + name,
            "CREATE DATABASE " + name,
            "CREATE TABLE " + name + ".counters (id INT PRIMARY KEY, grp INT NOT NULL, v BIGINT NOT NULL, KEY (grp))",
            "CREATE TABLE " + name + ".names (id INT PRIMARY KEY, name VARCHAR(20))",
            "CREATE TABLE " + name + ".parents (id INT PRIMARY KEY, k BIGINT NOT NULL UNIQUE)",
            "CREATE TABLE " + name + ".shadows (id INT PRIMARY KEY, k BIGINT NOT NULL, FOREIGN KEY (k) REFERENCES " +
                name + ".parents (k) ON UPDATE CASCADE)",
            "INSERT INTO " + name + ".parents VALUES " + parents,
            "INSERT INTO " + name + ".shadows VALUES " + parents,
            "INSERT INTO " + name + ".counters (id, grp, v) VALUES " + rows,
            "INSERT INTO " + name + ".names VALUES " + names};
}

}  // namespace sabil::coherence_test
