#include "proxy/readthrough/inspector.h"

#include <algorithm>

#include "proxy/readthrough/cell_text.h"
#include "proxy/readthrough/encode.h"

namespace sabil::proxy::readthrough {
namespace {

using invalidation::sql::ParseMode;

std::string lower(std::string text) {
    for (char& c : text) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

ParseMode parse_mode(invalidation::sql::Dialect dialect, const std::string& sql_mode) {
    auto has = [&](std::string_view word) {
        return ("," + sql_mode + ",").find("," + std::string(word) + ",") != std::string::npos;
    };
    ParseMode mode;
    mode.dialect = dialect;
    mode.ansi_quotes = has("ANSI_QUOTES");
    mode.no_backslash_escapes = has("NO_BACKSLASH_ESCAPES");
    mode.pipes_as_concat = has("PIPES_AS_CONCAT");
    mode.ignore_space = has("IGNORE_SPACE");
    mode.foreign_grammar = has("ORACLE") || has("MSSQL");
    return mode;
}

bool is_integer_type(const std::string& type) {
    static const std::vector<std::string> names{"tinyint", "smallint", "mediumint", "int", "bigint"};
    return std::find(names.begin(), names.end(), type) != names.end();
}

// One column that a `?` is compared with, and nothing else.
struct ComparedColumn {
    std::size_t parameter;
    std::string schema;
    std::string table;
    std::string column;
};

std::vector<ComparedColumn> compared_columns(const invalidation::sql::Statement& statement,
                                             const std::string& default_schema) {
    std::vector<ComparedColumn> out;
    for (const auto& read : statement.reads) {
        for (const auto& equality : read.equalities) {
            if (!equality.propagated_from.empty()) continue;
            for (const auto& operand : equality.any_of) {
                const auto* parameter = std::get_if<invalidation::sql::Parameter>(&operand);
                if (parameter == nullptr) continue;
                out.push_back({parameter->index, read.name.schema.empty() ? default_schema : read.name.schema,
                               read.name.table, equality.column});
            }
        }
    }
    return out;
}

// Errors of the server that say the statement itself cannot work, as opposed to a passing trouble.
bool is_fault_of_the_statement(std::uint16_t number) {
    switch (number) {
        case 1044:
        case 1045:
        case 1046:
        case 1049:
        case 1051:
        case 1052:
        case 1054:
        case 1055:
        case 1064:
        case 1109:
        case 1142:
        case 1143:
        case 1146:
        case 1305:
        case 1356:
        case 1370:
            return true;
        default:
            return false;
    }
}

}  // namespace

struct Inspector::Inspection {
    std::shared_ptr<LookupState> lookup;
    std::function<void(Result<Findings>)> done;  // empty: only the types are wanted
    Analysis analysis;
    Findings findings;
    bool mariadb = false;
};

void Inspector::inspect(std::shared_ptr<LookupState> lookup, std::function<void(Result<Findings>)> done) {
    auto inspection = std::make_shared<Inspection>();
    inspection->lookup = std::move(lookup);
    inspection->done = std::move(done);
    read_mode(inspection);
}

void Inspector::refresh(const std::shared_ptr<LookupState>& lookup) {
    if (lookup->analysis()->epoch == coherence_.floor().epoch + 1 || !lookup->begin_inspection()) return;
    auto inspection = std::make_shared<Inspection>();
    inspection->lookup = lookup;
    read_mode(inspection);
}

void Inspector::finish(const std::shared_ptr<Inspection>& inspection, Result<Findings> findings) {
    if (findings) inspection->lookup->set_analysis(std::move(inspection->analysis));
    if (inspection->done) {
        inspection->done(std::move(findings));
    } else {
        inspection->lookup->end_inspection();
    }
}

void Inspector::read_mode(const std::shared_ptr<Inspection>& inspection) {
    // Taken before asking: types read in an epoch that has ended are read again.
    inspection->analysis.epoch = coherence_.floor().epoch + 1;
    submit_(
        "SELECT @@sql_mode, @@version", {},
        [this, inspection](Result<mysql::Rows> rows) {
            if (!rows) return finish(inspection, tl::unexpected(rows.error()));
            std::string sql_mode;
            bool mariadb = coherence_.dialect() == invalidation::sql::Dialect::mariadb;
            if (!rows->rows.empty() && rows->columns.size() == 2) {
                sql_mode = cell_text(rows->columns[0], rows->rows[0][0]);
                mariadb = cell_text(rows->columns[1], rows->rows[0][1]).find("MariaDB") != std::string::npos;
            }
            inspection->mariadb = mariadb;
            auto dialect = mariadb ? invalidation::sql::Dialect::mariadb : invalidation::sql::Dialect::mysql;
            const auto& query = inspection->lookup->lookup().query;
            inspection->analysis.statement = invalidation::sql::analyze(query.text, parse_mode(dialect, sql_mode));
            inspection->analysis.kinds.assign(query.bindings.size(), ParameterKind::text);
            read_types(inspection);
        },
        limit_);
}

void Inspector::read_types(const std::shared_ptr<Inspection>& inspection) {
    auto compared = compared_columns(inspection->analysis.statement, default_schema_);
    if (compared.empty()) return read_json_columns(inspection);
    std::string text = "SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns WHERE ";
    std::vector<mysql::Pool::Parameter> parameters;
    for (const auto& column : compared) {
        text += parameters.empty() ? "" : " OR ";
        text += "(table_schema = ? AND table_name = ? AND column_name = ?)";
        parameters.insert(parameters.end(), {column.schema, column.table, column.column});
    }
    submit_(
        text, std::move(parameters),
        [this, inspection, compared](Result<mysql::Rows> rows) {
            if (!rows) return finish(inspection, tl::unexpected(rows.error()));
            auto& kinds = inspection->analysis.kinds;
            for (const auto& column : compared) {
                for (const auto& row : rows->rows) {
                    auto field = [&](std::size_t i) { return lower(cell_text(rows->columns[i], row[i])); };
                    if (field(0) == lower(column.schema) && field(1) == lower(column.table) &&
                        field(2) == lower(column.column) && column.parameter < kinds.size() &&
                        is_integer_type(field(3))) {
                        kinds[column.parameter] = ParameterKind::integer;
                    }
                }
            }
            read_json_columns(inspection);
        },
        limit_);
}

// MariaDB's JSON is text with a check: json_valid(`column`).
void Inspector::read_json_columns(const std::shared_ptr<Inspection>& inspection) {
    auto as = inspection->lookup->config().as;
    const auto& reads = inspection->analysis.statement.reads;
    if (!inspection->mariadb || reads.empty() || (as != Encoding::json && as != Encoding::row)) {
        return read_columns(inspection);
    }
    std::string text =
        "SELECT check_clause FROM information_schema.check_constraints WHERE check_clause LIKE 'json\\_valid(%' AND (";
    std::vector<mysql::Pool::Parameter> parameters;
    for (const auto& read : reads) {
        text += parameters.empty() ? "" : " OR ";
        text += "(constraint_schema = ? AND table_name = ?)";
        parameters.emplace_back(read.name.schema.empty() ? default_schema_ : read.name.schema);
        parameters.emplace_back(read.name.table);
    }
    submit_(
        text + ")", std::move(parameters),
        [this, inspection](Result<mysql::Rows> rows) {
            if (!rows) return finish(inspection, tl::unexpected(rows.error()));
            for (const auto& row : rows->rows) {
                auto clause = cell_text(rows->columns[0], row[0]);
                auto open = clause.find('`');
                auto close = clause.rfind('`');
                if (open < close)
                    inspection->analysis.json_columns.push_back(clause.substr(open + 1, close - open - 1));
            }
            read_columns(inspection);
        },
        limit_);
}

void Inspector::read_columns(const std::shared_ptr<Inspection>& inspection) {
    if (!inspection->done) return finish(inspection, Findings{});
    const auto& lookup = inspection->lookup->lookup();
    auto report = [inspection](bool fatal, std::string message) {
        inspection->findings.push_back({inspection->lookup->config().name, fatal, std::move(message)});
    };
    const auto& statement = inspection->analysis.statement;
    if (statement.kind != invalidation::sql::StatementKind::select) {
        report(true, "the query is no SELECT; lookups only read");
        return finish(inspection, std::move(inspection->findings));
    }
    if (!statement.cacheable()) {
        report(false, "each read asks MySQL, as its result cannot be shown to stay current: " +
                          std::string(invalidation::sql::reason_name(statement.reason)) +
                          (statement.detail.empty() ? "" : " (" + statement.detail + ")"));
    }
    // No row is fetched; an empty name or a NULL would do for every `?`, but a row count must be a number.
    std::vector<mysql::Pool::Parameter> parameters;
    for (std::size_t i = 0; i < lookup.query.bindings.size(); ++i) {
        parameters.emplace_back(lookup.query.bindings[i].is_row_count ? mysql::Pool::Parameter(std::int64_t{0})
                                                                      : mysql::Pool::Parameter(std::string("0")));
    }
    submit_(
        "SELECT * FROM (" + lookup.query.text + "\n) AS sabil_columns LIMIT 0", std::move(parameters),
        [this, inspection, report](Result<mysql::Rows> rows) {
            constexpr std::uint16_t duplicate_column_name = 1060;
            auto as = inspection->lookup->config().as;
            if (rows) {
                if (auto fits = check_columns(as, rows->columns); !fits) report(true, fits.error().message);
            } else if (rows.error().code != ErrorCode::server) {
                return finish(inspection, tl::unexpected(rows.error()));
            } else if (rows.error().number == duplicate_column_name) {
                if (as == Encoding::json || as == Encoding::row || as == Encoding::hash) {
                    report(true, rows.error().message + "; give one of the two columns an alias with AS");
                }
            } else {
                report(is_fault_of_the_statement(rows.error().number), "MySQL says: " + rows.error().message);
            }
            finish(inspection, std::move(inspection->findings));
        },
        limit_);
}

}  // namespace sabil::proxy::readthrough
