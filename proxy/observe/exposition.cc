// Prometheus:   # HELP name text LF, # TYPE name type LF, name{label="value",...} number LF
// OpenMetrics:  the same, a counter's family named without _total (its sample keeps it), and # EOF at the end
// Help escapes \ and LF; label values escape \, LF and the double quote.
#include "proxy/observe/exposition.h"

#include <charconv>
#include <cmath>

namespace sabil::proxy::observe {
namespace {

void append_escaped(std::string& out, std::string_view text, bool quotes) {
    for (char c : text) {
        if (c == '\\' || (quotes && c == '"')) {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else {
            out += c;
        }
    }
}

void append_number(std::string& out, double value) {
    if (std::isnan(value)) {
        out += "NaN";
    } else if (std::isinf(value)) {
        out += value > 0 ? "+Inf" : "-Inf";
    } else {
        char text[40];
        auto whole = std::abs(value) < 9e15 && value == std::floor(value);
        auto end = whole ? std::to_chars(text, text + sizeof text, static_cast<long long>(value)).ptr
                         : std::to_chars(text, text + sizeof text, value).ptr;
        out.append(text, end);
    }
}

const char* type_name(MetricType type) {
    switch (type) {
        case MetricType::counter:
            return "counter";
        case MetricType::gauge:
            return "gauge";
        case MetricType::histogram:
            return "histogram";
    }
    return "untyped";
}

}  // namespace

void Exposition::family(std::string_view name, MetricType type, std::string_view help) {
    name_ = name;
    auto shown = name;
    constexpr std::string_view total = "_total";
    if (format_ == Format::open_metrics && type == MetricType::counter && shown.ends_with(total)) {
        shown.remove_suffix(total.size());
    }
    out_.append("# HELP ").append(shown).append(" ");
    append_escaped(out_, help, format_ == Format::open_metrics);
    out_.append("\n# TYPE ").append(shown).append(" ").append(type_name(type)).append("\n");
}

void Exposition::line(std::string_view suffix, const Labels& labels, std::string_view le, double value) {
    out_.append(name_).append(suffix);
    char open = '{';
    for (const auto& [name, text] : labels) {
        out_ += open;
        open = ',';
        out_.append(name).append("=\"");
        append_escaped(out_, text, true);
        out_ += '"';
    }
    if (!le.empty()) {
        out_ += open;
        open = ',';
        out_.append("le=\"").append(le).append("\"");
    }
    if (open == ',') out_ += '}';
    out_ += ' ';
    append_number(out_, value);
    out_ += '\n';
}

void Exposition::sample(const Labels& labels, double value) {
    line("", labels, "", value);
}

void Exposition::histogram(const Labels& labels, const Histogram::Snapshot& snapshot) {
    double running = 0;
    auto bounds = latency_bounds();
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        running += static_cast<double>(snapshot.counts[i]);
        std::string le;
        append_number(le, std::chrono::duration<double>(bounds[i]).count());
        // OpenMetrics wants every bound to read as a float.
        if (le.find_first_of(".e") == std::string::npos) le += ".0";
        line("_bucket", labels, le, running);
    }
    line("_bucket", labels, "+Inf", static_cast<double>(snapshot.count));
    line("_sum", labels, "", snapshot.sum_seconds);
    line("_count", labels, "", static_cast<double>(snapshot.count));
}

std::string Exposition::finish() && {
    if (format_ == Format::open_metrics) out_ += "# EOF\n";
    return std::move(out_);
}

}  // namespace sabil::proxy::observe
