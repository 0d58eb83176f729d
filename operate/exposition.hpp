// Reads what /metrics says (Prometheus's text format), and what two looks at it say together. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wxpipe::operate {

class Exposition {
 public:
  Exposition() = default;
  // Lines that can't be read are left out: another version of wxpipe may have other metrics.
  explicit Exposition(std::string_view text);

  // The sum over all series of a metric, or over those with this label ("outcome", "refused"); a value that ends with *
  // is a prefix. 0: there is none.
  double sum(std::string_view metric, std::string_view label = {}, std::string_view value = {}) const;

  // A histogram's cumulative buckets, summed over its series; the upper bounds in order, the last one infinite.
  struct Bucket {
    double up_to = 0, count = 0;
  };
  std::vector<Bucket> buckets(std::string_view histogram) const;

 private:
  struct Series {
    std::string metric, labels;
    double value = 0;
  };
  std::vector<Series> series_;
};

// How much a counter grew; after a restart of its process, what it has counted since.
double grown(double before, double now);

// What a share (0.99) of the observations between the two looks didn't exceed, as Prometheus estimates it. Nothing:
// there were none.
std::optional<double> quantile(const Exposition& before, const Exposition& now, std::string_view histogram,
                               double share);

}  // namespace wxpipe::operate
