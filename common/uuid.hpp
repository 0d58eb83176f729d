// A 16-byte UUID as a value: event ids, dead-letter ids, activity ids.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace wxpipe {

struct Uuid {
  std::array<uint8_t, 16> bytes{};
  auto operator<=>(const Uuid&) const = default;
};

// Lower-case 8-4-4-4-12.
std::string to_string(const Uuid& id);
void append_uuid(std::string& out, const Uuid& id);
// False when the text isn't 36 characters of that form (either case).
bool parse_uuid(std::string_view text, Uuid& id);

}  // namespace wxpipe

template <>
struct std::hash<wxpipe::Uuid> {
  // The tail is hash output already (schemas/event_id.hpp), so it needs no further mixing.
  size_t operator()(const wxpipe::Uuid& id) const noexcept {
    size_t tail;
    std::memcpy(&tail, id.bytes.data() + 8, sizeof tail);
    return tail;
  }
};
