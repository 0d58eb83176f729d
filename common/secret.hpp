// Text that must not travel: tokens, keys, URLs with passwords. It has no operator<< and fmt prints it as ***. Its
// memory is overwritten before it is given back.
#pragma once

#include <fmt/format.h>
#include <string.h>

#include <array>
#include <string>
#include <utility>

namespace wxpipe {

// Overwrites what was secret, so that freed memory doesn't hold it. The compiler can't leave this out.
inline void wipe(std::string& text) {
  text.resize(text.capacity());  // an older, longer value may stand behind the end
  explicit_bzero(text.data(), text.size());
  text.clear();
}
template <size_t N>
void wipe(std::array<unsigned char, N>& bytes) {
  explicit_bzero(bytes.data(), bytes.size());
}

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) { wipe(value); }  // a short text was copied
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { wipe(other.value_); }
  Secret& operator=(Secret other) noexcept {
    value_.swap(other.value_);
    return *this;
  }
  ~Secret() { wipe(value_); }
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
