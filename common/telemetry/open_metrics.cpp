#include "common/telemetry/open_metrics.hpp"

#include <fmt/format.h>

#include <boost/beast/core/string.hpp>
#include <cmath>
#include <iterator>
#include <utility>

namespace wxpipe::telemetry {
namespace {
using prometheus::ClientMetric, prometheus::MetricFamily, prometheus::MetricType;

constexpr std::string_view kTotal = "_total";

// "0.5", "1.0": bounds of buckets are compared as texts, and the specification says how they are written.
std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  auto text = fmt::format("{}", value);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
}

// name{label="value",le="0.5"}
void append_series(std::string& out, std::string_view name, const ClientMetric& metric, const double* bound = nullptr) {
  out += name;
  char before = '{';
  const auto append = [&](std::string_view label, std::string_view value) {
    out += std::exchange(before, ',');
    out += label;
    out += "=\"";
    append_escaped(out, value);
    out += '"';
  };
  for (const auto& label : metric.label) append(label.name, label.value);
  if (bound != nullptr) append("le", number(*bound));
  if (before == ',') out += '}';
}

// The specification allows so many characters for an exemplar's names and values.
constexpr size_t kMostOfExemplar = 128;

void append_exemplar(std::string& out, const Exemplar& exemplar) {
  constexpr std::string_view kTrace = "trace_id", kReceipt = "receipt";
  if (exemplar.trace_id.empty()) return;
  fmt::format_to(std::back_inserter(out), " # {{{}=\"{}\"", kTrace, exemplar.trace_id);
  if (kTrace.size() + exemplar.trace_id.size() + kReceipt.size() + exemplar.receipt.size() <= kMostOfExemplar) {
    fmt::format_to(std::back_inserter(out), ",{}=\"", kReceipt);
    append_escaped(out, exemplar.receipt);
    out += '"';
  }
  fmt::format_to(std::back_inserter(out), "}} {} {:.3f}", number(exemplar.value),
                 std::chrono::duration<double>(exemplar.at.time_since_epoch()).count());
}

void append_histogram(std::string& out, const std::string& name, const ClientMetric& metric,
                      const std::vector<Exemplar>* exemplars) {
  const auto& histogram = metric.histogram;
  for (size_t i = 0; i < histogram.bucket.size(); ++i) {
    const auto& bucket = histogram.bucket[i];
    append_series(out, name + "_bucket", metric, &bucket.upper_bound);
    fmt::format_to(std::back_inserter(out), " {}", bucket.cumulative_count);
    if (exemplars != nullptr && i < exemplars->size()) append_exemplar(out, (*exemplars)[i]);
    out += '\n';
  }
  append_series(out, name + "_count", metric);
  fmt::format_to(std::back_inserter(out), " {}\n", histogram.sample_count);
  append_series(out, name + "_sum", metric);
  fmt::format_to(std::back_inserter(out), " {}\n", number(histogram.sample_sum));
}

void append_family(std::string& out, const MetricFamily& family, const std::vector<Exemplar>* exemplars) {
  const bool counter = family.type == MetricType::Counter;
  const bool histogram = family.type == MetricType::Histogram;
  std::string name = family.name;  // a counter's is without what its samples end with
  if (counter && name.ends_with(kTotal)) name.resize(name.size() - kTotal.size());
  fmt::format_to(std::back_inserter(out), "# TYPE {} {}\n# HELP {} ", name,
                 counter     ? "counter"
                 : histogram ? "histogram"
                             : "gauge",
                 name);
  append_escaped(out, family.help);
  out += '\n';
  for (const auto& metric : family.metric) {
    if (histogram) {
      append_histogram(out, name, metric, exemplars);
      continue;
    }
    append_series(out, counter ? name + std::string(kTotal) : name, metric);
    fmt::format_to(std::back_inserter(out), " {}\n", number(counter ? metric.counter.value : metric.gauge.value));
  }
}
}  // namespace

std::string open_metrics(const std::vector<MetricFamily>& families,
                         const std::map<std::string, std::vector<Exemplar>>& exemplars) {
  std::string out;
  for (const auto& family : families) {
    const auto known = exemplars.find(family.name);
    append_family(out, family, known == exemplars.end() ? nullptr : &known->second);
  }
  return out += "# EOF\n";
}

bool accepts_open_metrics(std::string_view accept) {
  while (!accept.empty()) {
    const auto comma = std::min(accept.find(','), accept.size());
    auto range = accept.substr(0, comma);
    accept.remove_prefix(std::min(comma + 1, accept.size()));
    range.remove_prefix(std::min(range.find_first_not_of(" \t"), range.size()));
    const auto type = range.substr(0, range.find_first_of("; \t"));
    if (!boost::beast::iequals({type.data(), type.size()}, "application/openmetrics-text")) continue;
    auto weight = range.substr(std::min(range.find("q=0"), range.size()));
    weight = weight.substr(0, weight.find(';'));
    if (weight.empty() || weight.find_first_of("123456789") != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace wxpipe::telemetry
