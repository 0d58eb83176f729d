// Pages that roles add to the admin port, beside those that every process has. A role adds its own when it is made, so
// before the server starts; then they never change. What a page reads must outlive the server and be thread-safe.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace wxpipe::telemetry {

class AdminPages {
 public:
  // Gets what stands behind the ? and gives JSON. Throws UsageError if it can't read that: answered with 400.
  using Json = std::function<std::string(std::string_view query)>;

  void add(std::string path, Json json) { pages_.insert_or_assign(std::move(path), std::move(json)); }
  // Null: there is none.
  const Json* find(std::string_view path) const {
    const auto found = pages_.find(path);
    return found == pages_.end() ? nullptr : &found->second;
  }
  const auto& all() const { return pages_; }

 private:
  std::map<std::string, Json, std::less<>> pages_;
};

}  // namespace wxpipe::telemetry
