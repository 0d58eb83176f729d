// The senders that we know: one row each. A new sender is a row here, a golden case and a line in docs/webhooks.md.
// docs/protocol.md §15 has the page that each row follows.
#pragma once

#include <span>
#include <string_view>

#include "common/config/settings.hpp"

namespace wxpipe::ingest::senders {

struct Preset {
  std::string_view name;         // as `sender` in the configuration
  std::string_view also{};       // another word for it there
  std::string_view where;        // where the sender's console shows or takes the secret
  bool own_fields = false;       // its forms' fields differ, so the account says which is which
  std::string_view key_where{};  // where encoding_aes_key comes from; empty: it needs none
  config::SenderSettings declared{};
};

std::span<const Preset> presets();
// Null: no preset has that name, nor knows it as another word for its own.
const Preset* preset(std::string_view name);

}  // namespace wxpipe::ingest::senders
