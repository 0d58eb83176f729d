// An account of every kind, and the simulator's requests in the form that ingest gets.
#pragma once

#include <string>
#include <vector>

#include "simulate/wire.hpp"
#include "tests/unit/ingest/platform_side.hpp"

namespace wxpipe::simulate::test {

namespace ingest_test = wxpipe::ingest::test;

inline std::vector<config::AccountSettings> every_account() {
  std::vector<config::AccountSettings> accounts;
  for (const auto* kind : {"official_account", "mini_program", "open_platform", "open_platform_messages", "wework_app",
                           "wework_suite_command", "wework_suite_data", "wework_bot", "wework_instance", "channel"})
    accounts.push_back(ingest_test::account(kind));
  for (const auto* kind : {"official_account", "mini_program"})
    for (const auto* mode : {"plain", "compatible"}) {
      accounts.push_back(ingest_test::account(kind, mode));
      accounts.back().name += std::string("_") + mode;
    }
  return accounts;
}

inline ingest::AccountBook book() { return ingest_test::book(every_account()); }

// Takes POST /callback/{account}[/{tenant}][?query] and headers apart as the server does. The result holds views into
// `request`.
inline ingest::Callback callback_of(const Request& request, Timestamp received_at) {
  const std::string_view head = std::string_view(request.bytes).substr(0, request.body_at);
  ingest::Callback callback;
  callback.body = request.body();
  callback.received_at = received_at;
  std::string_view target = head.substr(5, head.find(' ', 5) - 5);
  if (const auto question = target.find('?'); question != target.npos) {
    callback.query = target.substr(question + 1);
    target = target.substr(0, question);
  }
  target.remove_prefix(std::string_view("/callback/").size());
  const auto slash = target.find('/');
  callback.account = target.substr(0, slash);
  if (slash != target.npos) callback.tenant = target.substr(slash + 1);
  const auto header = [&](std::string_view name) {
    const auto at = head.find("\r\n" + std::string(name) + ": ");
    if (at == head.npos) return std::string_view();
    const auto from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
  };
  callback.content_type = header("Content-Type");
  callback.webhook_id = header("webhook-id");
  callback.webhook_timestamp = header("webhook-timestamp");
  callback.webhook_signature = header("webhook-signature");
  return callback;
}

}  // namespace wxpipe::simulate::test
