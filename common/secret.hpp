// Text that must not travel: tokens, keys, URLs with passwords. It has no operator<< and fmt prints it as ***.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

namespace wxpipe {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& reveal() const { return value_; }  // say why at the call, and keep the reference short
  bool empty() const { return value_.empty(); }
  bool operator==(const Secret&) const = default;

 private:
  std::string value_;
};

}  // namespace wxpipe

template <>
struct fmt::formatter<wxpipe::Secret> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const wxpipe::Secret& secret, Context& context) const {
    return fmt::formatter<std::string_view>::format(secret.empty() ? "(none)" : "***", context);
  }
};
