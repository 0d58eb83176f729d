// interpret with any request, and with any authentic body. The first byte chooses the account, and whether the rest is
// sent as it is (query and body, divided by a newline) or signed and encrypted as a platform would.
#include "ingest/credentials.hpp"
#include "ingest/document.hpp"
#include "ingest/platforms.hpp"
#include "ingest/words.hpp"
#include "schemas/facts/event.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/unit/ingest/platform_side.hpp"

namespace {

using namespace wxpipe;
using namespace wxpipe::ingest;

const std::vector<config::AccountSettings>& settings() {
  static const auto all = [] {
    std::vector<config::AccountSettings> out;
    for (const auto* kind :
         {"official_account", "mini_program", "open_platform", "open_platform_messages", "wework_app",
          "wework_suite_command", "wework_suite_data", "wework_bot", "wework_instance", "channel"})
      out.push_back(test::account(kind));
    for (const size_t answering : {0U, 4U, 7U}) {
      config::ReplyRule rule;
      rule.on = "message.text";
      rule.text = "hi ]]> \"you\"";
      out[answering].replies = {rule};
    }
    out.push_back(test::account("official_account", "plain"));
    out.back().name = "plain";
    return out;
  }();
  return all;
}

test::Request authentic(const config::AccountSettings& account, std::string_view message) {
  test::Encryption with;
  if (account.kind == "wework_instance" || account.kind == "channel")
    return test::webhook_request(account.name, std::string(message));
  if (account.mode == "plain") return test::clear_request(account.name, std::string(message));
  with.receiveid = account.kind.starts_with("open_platform") ? account.component_app_id
                   : account.kind == "wework_suite_command"  ? account.suite_id
                   : account.kind.starts_with("wework")      ? account.corp_id
                                                             : account.app_id;
  test::Request request = test::encrypted_request(account.name, message, with);
  if (account.kind == "open_platform_messages") request.tenant = "wx1";
  return request;
}

test::Request as_it_is(const config::AccountSettings& account, std::string_view input) {
  test::Request request;
  request.account = account.name;
  const size_t newline = std::min(input.find('\n'), input.size());
  request.query = input.substr(0, newline);
  request.body = input.substr(std::min(newline + 1, input.size()));
  request.method = request.body.empty() ? Method::get : Method::post;
  return request;
}

// A credential long enough to be told from other text must stand nowhere in the event.
void check_sealed(std::string_view message, const schemas::Event& event) {
  const auto document = parse_document(message);
  if (!document || !schemas::attribute(event.attributes, "attributes_cut").empty()) return;
  for (const Field& field : document->fields()) {
    const std::string_view clear = trimmed(field.value);
    if (clear.size() < 8 || !is_credential(field.path) || clear.starts_with(kSealPrefix) ||
        kSealPrefix.find(clear) != std::string_view::npos)
      continue;
    const auto hidden = [&](std::string_view text) { return text.find(clear) == std::string_view::npos; };
    for (const auto* text :
         {&event.tenant, &event.subject, &event.msg_type, &event.event, &event.change_type, &event.msg_id,
          &event.sender, &event.recipient, &event.conversation, &event.content, &event.raw})
      check(hidden(*text), "a column shows no credential");
    for (const auto& [name, value] : event.attributes) check(hidden(name) && hidden(value), "nor does an attribute");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
  if (size == 0) return 0;
  static const AccountBook accounts = test::book(settings());
  const auto& account = settings()[data[0] / 2 % settings().size()];
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool signs = data[0] % 2 == 1;
  const test::Request request = signs ? authentic(account, rest) : as_it_is(account, rest);
  const Interpretation interpretation = accounts.interpret(request.callback());

  if (signs) check(!std::holds_alternative<Refused>(interpretation), "what is authentic and for us is kept");
  if (const auto* const accepted = std::get_if<Accepted>(&interpretation)) {
    const auto& event = accepted->event;
    for (const auto* text : {&event.identity, &event.type, &event.tenant, &event.subject, &event.msg_type, &event.event,
                             &event.change_type, &event.msg_id, &event.sender, &event.recipient, &event.conversation,
                             &event.content, &event.reply, &event.raw})
      check(is_text(*text), "an event holds text");
    for (const auto& [name, value] : event.attributes) check(is_text(name) && is_text(value), "an attribute is text");
    check(!event.type.empty(), "an event has a type");
    if (signs) check_sealed(rest, event);
    check(std::get<Accepted>(accounts.interpret(request.callback())).event == event, "a retry is the same event");
  }
  return 0;
}
