// The pages, embedded at build: console/pages with each file's bytes, gzipped beforehand where that is shorter.
#pragma once

#include <span>
#include <string_view>

namespace wxpipe::console {

struct Asset {
  std::string_view path;  // "/app.js"
  std::string_view type;
  std::string_view etag;  // in quotes; of its content
  std::string_view bytes;
  std::string_view gzipped;  // empty: not worth it
};

std::span<const Asset> embedded_pages();

// The page for a path: its file; for a path without a dot in its last part, the index. Null: none.
const Asset* find_asset(std::string_view path);

}  // namespace wxpipe::console
