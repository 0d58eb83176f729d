#include "simulate/strangers.hpp"

namespace wxpipe::simulate {
using ingest::Refusal;

std::vector<Refusal> pretences(const ingest::Account& account) {
  std::vector<Refusal> refusals{Refusal::bad_signature, Refusal::missing_signature, Refusal::unknown_account};
  if (!ingest::has_tenant(account.kind)) refusals.push_back(Refusal::unknown_tenant);
  if (ingest::is_standard_webhook(account.kind)) {
    refusals.push_back(Refusal::stale_timestamp);
  } else if (account.mode != ingest::EncryptionMode::plain) {
    refusals.push_back(Refusal::downgrade);
    if (account.kind != ingest::AccountKind::wework_bot) refusals.push_back(Refusal::wrong_receiver);
  }
  return refusals;
}

}  // namespace wxpipe::simulate
