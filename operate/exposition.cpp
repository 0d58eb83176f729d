#include "operate/exposition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>

namespace wxpipe::operate {
namespace {
std::optional<double> number(std::string_view text) {
  if (text == "+Inf" || text == "Inf") return std::numeric_limits<double>::infinity();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

// The value of a label. Our label values have no quotes in them.
std::optional<std::string_view> label_of(std::string_view labels, std::string_view name) {
  const auto begins = fmt::format("{}=\"", name);
  auto at = labels.find(begins);
  while (at != labels.npos && at != 0 && labels[at - 1] != ',') at = labels.find(begins, at + 1);
  if (at == labels.npos) return std::nullopt;
  labels.remove_prefix(at + begins.size());
  return labels.substr(0, labels.find('"'));
}

bool fits(std::string_view found, std::string_view wanted) {
  if (!wanted.ends_with('*')) return found == wanted;
  wanted.remove_suffix(1);
  return found.starts_with(wanted);
}
}  // namespace

Exposition::Exposition(std::string_view text) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    const auto name_ends = std::min(line.find_first_of("{ "), line.size());
    Series series{std::string(line.substr(0, name_ends)), {}, 0};
    line.remove_prefix(name_ends);
    if (line.starts_with('{')) {
      const auto close = line.rfind('}');
      if (close == line.npos) continue;
      series.labels = line.substr(1, close - 1);
      line.remove_prefix(close + 1);
    }
    while (line.starts_with(' ')) line.remove_prefix(1);
    const auto value = number(line.substr(0, line.find(' ')));
    if (!value) continue;
    series.value = *value;
    series_.push_back(std::move(series));
  }
}

double Exposition::sum(std::string_view metric, std::string_view label, std::string_view value) const {
  double sum = 0;
  for (const auto& series : series_) {
    if (series.metric != metric) continue;
    if (!label.empty()) {
      const auto found = label_of(series.labels, label);
      if (!found || !fits(*found, value)) continue;
    }
    sum += series.value;
  }
  return sum;
}

std::vector<Exposition::Bucket> Exposition::buckets(std::string_view histogram) const {
  const auto metric = fmt::format("{}_bucket", histogram);
  std::map<double, double> counts;
  for (const auto& series : series_) {
    if (series.metric != metric) continue;
    const auto up_to = label_of(series.labels, "le");
    if (const auto bound = up_to ? number(*up_to) : std::nullopt) counts[*bound] += series.value;
  }
  std::vector<Bucket> buckets;
  for (const auto& [up_to, count] : counts) buckets.push_back({up_to, count});
  return buckets;
}

double grown(double before, double now) { return now >= before ? now - before : now; }

std::optional<double> quantile(const Exposition& before, const Exposition& now, std::string_view histogram,
                               double share) {
  const auto earlier = before.buckets(histogram), later = now.buckets(histogram);
  std::map<double, double> old;
  for (const auto& bucket : earlier) old[bucket.up_to] = bucket.count;
  std::vector<Exposition::Bucket> between;
  for (const auto& [up_to, count] : later) between.push_back({up_to, grown(old[up_to], count)});
  if (between.empty() || between.back().count <= 0) return std::nullopt;
  const auto rank = share * between.back().count;
  double low = 0, below = 0;
  for (const auto& [up_to, count] : between) {
    if (count >= rank) {
      if (up_to == std::numeric_limits<double>::infinity()) return low;  // beyond the last bound: at least that
      return count > below ? low + (up_to - low) * (rank - below) / (count - below) : up_to;
    }
    low = up_to;
    below = count;
  }
  return low;
}

}  // namespace wxpipe::operate
