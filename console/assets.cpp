#include "console/assets.hpp"

#include <algorithm>

namespace wxpipe::console {

const Asset* find_asset(std::string_view path) {
  const auto all = embedded_pages();
  const auto named = [&](std::string_view name) -> const Asset* {
    const auto found = std::ranges::find(all, name, &Asset::path);
    return found == all.end() ? nullptr : &*found;
  };
  if (const auto* asset = named(path)) return asset;
  const auto last = path.substr(path.rfind('/') + 1);
  return last.find('.') == last.npos ? named("/index.html") : nullptr;
}

}  // namespace wxpipe::console
