// The order of questions is the same for every platform: which account, may this request be asked of it, who signed it,
// can it be opened and was it meant for us, can it be read. Only what passed the third is kept.
#include "ingest/platforms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/json/write.hpp"
#include "ingest/account.hpp"
#include "ingest/authenticity.hpp"
#include "ingest/normalize.hpp"
#include "ingest/query.hpp"
#include "ingest/replies.hpp"
#include "ingest/standard_webhooks.hpp"
#include "ingest/wxcrypt/envelope.hpp"

namespace wxpipe::ingest {
namespace {

constexpr std::chrono::minutes kWebhookTolerance{5};

// What decoding writes into; kept per thread, so that a callback allocates only what its event keeps.
struct Scratch {
  std::string query, envelope, plaintext;
};

// A corp id or app id as a path has it. $APPID$ and $CORPID$ stand there until the platform fills them in.
bool is_tenant(std::string_view text) {
  const auto legal = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
  };
  return text == "$APPID$" || text == "$CORPID$" ||
         (!text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), legal));
}

bool tenant_fits(const Account& account, std::string_view tenant) {
  if (!has_tenant(account.kind)) return tenant.empty();
  if (tenant.empty()) return account.kind == AccountKind::wework_suite_data;
  return is_tenant(tenant);
}

// One request to one account, from the moment that the account is known.
class Interpreter {
 public:
  Interpreter(const Account& account, const Callback& callback, const crypto::Sealer& sealer, const RandomBytes& random,
              Scratch& scratch)
      : account_(account),
        callback_(callback),
        sealer_(sealer),
        random_(random),
        scratch_(scratch) {}

  Interpretation interpret() {
    if (!tenant_fits(account_, callback_.tenant)) return Refused{404, Refusal::unknown_tenant};
    if (is_standard_webhook(account_.kind))
      return callback_.method == Method::post ? standard_webhook() : Refused{405, Refusal::method_not_allowed};
    switch (parse_query(callback_.query, scratch_.query, query_)) {
      case QueryFault::duplicate_parameter:
        return Refused{400, Refusal::duplicate_parameter};
      case QueryFault::malformed:
        return Refused{400, Refusal::bad_request};
      case QueryFault::none:
        break;
    }
    if (callback_.method == Method::get) return signs_echo() ? encrypted_challenge() : clear_challenge();
    return account_.mode == EncryptionMode::plain ? clear_message() : encrypted_message();
  }

 private:
  // WeWork encrypts and signs echostr; the other platforms do neither (docs/protocol.md §1).
  bool signs_echo() const {
    return account_.kind == AccountKind::wework_app || account_.kind == AccountKind::wework_suite_command ||
           account_.kind == AccountKind::wework_suite_data || account_.kind == AccountKind::wework_bot;
  }

  Interpretation clear_challenge() {
    if (query_.signature.empty()) return Refused{401, Refusal::missing_signature};
    if (signing_token(account_, query_.signature, query_) == nullptr) return Refused{401, Refusal::bad_signature};
    if (stale()) return Refused{401, Refusal::stale_timestamp};
    if (query_.echostr.empty()) return Refused{400, Refusal::bad_request};
    return Challenge{{200, std::string(query_.echostr)}};
  }

  Interpretation encrypted_challenge() {
    if (query_.msg_signature.empty()) return Refused{401, Refusal::missing_signature};
    if (signing_token(account_, query_.msg_signature, query_, query_.echostr) == nullptr)
      return Refused{401, Refusal::bad_signature};
    if (stale()) return Refused{401, Refusal::stale_timestamp};
    const Opened opened = open_encrypted(account_, Method::get, callback_.tenant, query_.echostr, scratch_.plaintext);
    switch (opened.outcome) {
      case Opened::Outcome::plaintext:
        return Challenge{{200, std::string(opened.plaintext.message)}};
      case Opened::Outcome::wrong_receiver:
        return Refused{403, Refusal::wrong_receiver};
      case Opened::Outcome::undecryptable:
        break;
    }
    // Nothing would be lost by refusing, and the console then shows that the AES key is wrong.
    return Refused{400, Refusal::bad_request};
  }

  Interpretation clear_message() {
    if (query_.signature.empty()) return Refused{401, Refusal::missing_signature};
    if (signing_token(account_, query_.signature, query_) == nullptr) return Refused{401, Refusal::bad_signature};
    if (stale()) return Refused{401, Refusal::stale_timestamp};
    const Result<Document> document = parse_document(callback_.body);
    if (!document) return unreadable(document.error(), callback_.body);
    if (document->has("Encrypt") && !document->has("MsgType"))
      return unreadable({Reason::undecryptable, "the body is encrypted, but the account's mode is plain"},
                        callback_.body);
    return accept(*document, callback_.body, callback_.tenant, nullptr);
  }

  Interpretation encrypted_message() {
    const wxcrypt::Envelope envelope = wxcrypt::open_envelope(callback_.body, scratch_.envelope);
    const bool unsigned_at_all = query_.msg_signature.empty() &&
                                 (query_.signature.empty() || envelope.outcome != wxcrypt::Envelope::Outcome::absent);
    if (unsigned_at_all) return Refused{401, Refusal::missing_signature};
    switch (envelope.outcome) {
      case wxcrypt::Envelope::Outcome::absent:
        return Refused{400, Refusal::downgrade};
      case wxcrypt::Envelope::Outcome::malformed:
        return Refused{400, Refusal::bad_request};
      case wxcrypt::Envelope::Outcome::found:
        break;
    }
    const Secret* const token = signing_token(account_, query_.msg_signature, query_, envelope.encrypt);
    if (token == nullptr) return Refused{401, Refusal::bad_signature};
    if (stale()) return Refused{401, Refusal::stale_timestamp};

    const Opened opened =
        open_encrypted(account_, Method::post, callback_.tenant, envelope.encrypt, scratch_.plaintext);
    switch (opened.outcome) {
      case Opened::Outcome::wrong_receiver:
        return Refused{403, Refusal::wrong_receiver};
      case Opened::Outcome::undecryptable:
        return unreadable({Reason::undecryptable, std::string(wxcrypt::to_string(opened.fault))}, callback_.body);
      case Opened::Outcome::plaintext:
        break;
    }
    const auto [message, receiveid] = opened.plaintext;
    // The corporation that suite data is for is proven by the encryption, whether or not the path names it.
    const std::string_view tenant = account_.kind == AccountKind::wework_suite_data ? receiveid : callback_.tenant;
    if (!json::is_utf8(tenant) || tenant.find('\0') != std::string_view::npos)
      return unreadable({Reason::invalid_utf8, "the receiveid isn't text"}, message);
    const Result<Document> document = parse_document(message);
    if (!document) return unreadable(document.error(), message);
    const ReplyEncryption encryption{*token, *opened.key, receiveid, envelope.format};
    return accept(*document, message, tenant, &encryption);
  }

  Interpretation standard_webhook() {
    const standard_webhooks::Headers headers{callback_.webhook_id, callback_.webhook_timestamp,
                                             callback_.webhook_signature};
    if (headers.id.empty() || headers.timestamp.empty() || headers.signature.empty())
      return Refused{401, Refusal::missing_signature};
    if (!standard_webhooks::signature_fits(account_.webhook_secrets, headers, callback_.body))
      return Refused{401, Refusal::bad_signature};
    if (!is_fresh(headers.timestamp, callback_.received_at, account_.max_timestamp_age.value_or(kWebhookTolerance)))
      return Refused{401, Refusal::stale_timestamp};
    if (!json::is_utf8(headers.id) || headers.id.find('\0') != std::string_view::npos)
      return unreadable({Reason::invalid_utf8, "the webhook-id isn't UTF-8"}, callback_.body);
    const Result<Document> document = parse_document(callback_.body);
    if (!document) {
      const Rejection& rejection = document.error();
      const bool not_json = rejection.reason == Reason::malformed_xml || rejection.reason == Reason::doctype;
      return unreadable(not_json ? Rejection{Reason::malformed_json, "the body isn't JSON"} : rejection,
                        callback_.body);
    }
    if (document->format() != DocumentFormat::json)
      return unreadable({Reason::malformed_json, "the body isn't JSON"}, callback_.body);
    return accept(*document, callback_.body, callback_.tenant, nullptr);
  }

  // encryption: how the callback was encrypted; null: it was not.
  Interpretation accept(const Document& document, std::string_view decrypted, std::string_view tenant,
                        const ReplyEncryption* encryption) {
    const NormalizeContext context{account_, tenant, callback_.webhook_id, decrypted, callback_.received_at, sealer_};
    Result<schemas::Event> event = normalize(document, context);
    if (!event) return unreadable(event.error(), decrypted);

    Accepted accepted{std::move(*event), success_reply(account_.kind), urgent(),
                      address_differs(account_, tenant, document)};
    if (const auto* const rule = fitting_rule(account_, accepted.event)) {
      std::string message = reply_message(account_, document, accepted.event, rule->text);
      if (!message.empty()) {
        accepted.event.reply = rule->text;
        accepted.reply = encryption == nullptr ? clear_reply(std::move(message), document.format())
                                               : encrypted_reply(message, *encryption, callback_.received_at, random_);
      }
    }
    return accepted;
  }

  // decrypted: as far as it came, so that a retry that is encrypted anew is the same letter.
  Interpretation unreadable(const Rejection& rejection, std::string_view decrypted) const {
    schemas::DeadLetter letter;
    // Two webhook-ids are two deliveries, as they are two events; webhooks have no tenant.
    letter.id = schemas::ingest_dead_letter_id(
        account_.name, is_standard_webhook(account_.kind) ? callback_.webhook_id : callback_.tenant, decrypted);
    letter.occurred_at = letter.failed_at = callback_.received_at;
    letter.stage = "ingest";
    letter.reason = rejection.reason;
    letter.detail = rejection.detail;
    letter.account = account_.name;
    letter.body = callback_.body;
    const auto keep = [&](std::string_view name, std::string_view value) {
      if (!value.empty()) letter.context.emplace_back(name, value);
    };
    keep("tenant", callback_.tenant);
    keep("query", callback_.query);
    keep("content_type", callback_.content_type);
    keep("webhook-id", callback_.webhook_id);
    keep("webhook-timestamp", callback_.webhook_timestamp);
    keep("webhook-signature", callback_.webhook_signature);
    return Unreadable{std::move(letter), success_reply(account_.kind), urgent()};
  }

  bool stale() const {
    return account_.max_timestamp_age &&
           !is_fresh(query_.timestamp, callback_.received_at, *account_.max_timestamp_age);
  }
  bool urgent() const { return account_.kind == AccountKind::wework_suite_command; }

  const Account& account_;
  const Callback& callback_;
  const crypto::Sealer& sealer_;
  const RandomBytes& random_;
  Scratch& scratch_;
  Query query_;
};

}  // namespace

struct AccountBook::Impl {
  std::map<std::string, Account, std::less<>> accounts;
  crypto::Sealer sealer;
  RandomBytes random;
};

AccountBook::AccountBook(const std::vector<config::AccountSettings>& accounts, const crypto::Sealer& sealer,
                         RandomBytes random)
    : impl_(std::make_unique<Impl>(Impl{{}, sealer, std::move(random)})) {
  std::vector<std::string> errors;
  for (const auto& settings : accounts) {
    Account account = make_account(settings, errors);
    if (!settings.name.empty() && !impl_->accounts.try_emplace(settings.name, std::move(account)).second)
      errors.push_back(
          fmt::format("{}{}accounts.{}.name: another account has this name; names appear in addresses, so "
                      "each must be unique",
                      settings.where, settings.where.empty() ? "" : ": ", settings.name));
  }
  if (!errors.empty()) throw UsageError(fmt::format("{}", fmt::join(errors, "\n")));
}

AccountBook::~AccountBook() = default;
AccountBook::AccountBook(AccountBook&&) noexcept = default;

Interpretation AccountBook::interpret(const Callback& callback) const {
  const auto found = impl_->accounts.find(callback.account);
  if (found == impl_->accounts.end()) return Refused{404, Refusal::unknown_account};
  thread_local Scratch scratch;
  return Interpreter(found->second, callback, impl_->sealer, impl_->random, scratch).interpret();
}

}  // namespace wxpipe::ingest
