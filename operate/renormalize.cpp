#include "operate/renormalize.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "ingest/normalize.hpp"

namespace wxpipe::operate {
namespace {
// Webhooks are identified by the id of their delivery: "webhook|<id>". All others have none.
std::string_view webhook_id_of(std::string_view identity) {
  constexpr std::string_view kWebhook = "webhook|", kBody = "body=";
  if (!identity.starts_with(kWebhook)) return {};
  identity.remove_prefix(kWebhook.size());
  return identity.starts_with(kBody) ? std::string_view() : identity;
}

// An id's second half comes from a hash of the bytes alone; its first half also says the time that was read in them.
bool same_bytes(const Uuid& one, const Uuid& other) {
  return std::equal(one.bytes.begin() + 8, one.bytes.end(), other.bytes.begin() + 8);
}
}  // namespace

Renormalizer::Renormalizer(const config::Settings& settings)
    : sealer_(settings.sealing.key, settings.sealing.previous_keys),
      accounts_(settings.accounts, sealer_, [](std::span<unsigned char>) {
        throw std::logic_error("normalising needs no randomness");  // only replies do
      }) {}

std::variant<schemas::Event, std::string> Renormalizer::again(const schemas::Event& event) const {
  const auto* account = accounts_.find(event.account);
  if (account == nullptr) return fmt::format("account {} isn't configured", event.account);
  if (account->sender) return fmt::format("account {} has a sender with rules of its own", event.account);
  const auto decrypted = sealer_.open_all(event.body_bytes.empty() ? event.raw : event.body_bytes);
  const auto document = ingest::parse_document(decrypted);
  if (!document) return fmt::format("its body is {} now", to_string(document.error().reason));
  auto made = ingest::normalize(*document, {.account = *account,
                                            .tenant = event.tenant,
                                            .webhook_id = webhook_id_of(event.identity),
                                            .decrypted = decrypted,
                                            .received_at = event.received_at,
                                            .sealer = sealer_});
  if (!made) return fmt::format("its body is {} now", to_string(made.error().reason));
  if (!same_bytes(made->id, event.id))
    return "its body doesn't give its id: a sealing key is missing, or the body came in another form";
  made->receipt = event.receipt;
  made->trace_id = event.trace_id;
  made->reply = event.reply;
  return *std::move(made);
}

}  // namespace wxpipe::operate
