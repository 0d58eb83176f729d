// The steps are the same for every platform. 1. Which account? 2. Does it take such a request? 3. Who signed it? 4. Can
// we decrypt it, and was it for us? 5. Can we parse it? Only what passed the third step is kept.
#include "ingest/platforms.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/json/write.hpp"
#include "ingest/authenticity.hpp"
#include "ingest/normalize.hpp"
#include "ingest/query.hpp"
#include "ingest/replies.hpp"
#include "ingest/sealed_body.hpp"
#include "ingest/senders/envelope.hpp"
#include "ingest/senders/proof.hpp"
#include "ingest/senders/told.hpp"
#include "ingest/standard_webhooks.hpp"
#include "ingest/words.hpp"
#include "ingest/wxcrypt/envelope.hpp"

namespace wxpipe::ingest {
namespace {

// Buffers for decoding, kept per thread, so that a callback allocates only what its event keeps.
struct Scratch {
  std::string query, envelope, plaintext;
};

// A corp id or app id in a path. The platform replaces $APPID$ and $CORPID$; some requests still hold them.
bool is_tenant(std::string_view text) {
  const auto legal = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
  };
  return text == kAppIdInPath || text == kCorpIdInPath ||
         (!text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), legal));
}

bool tenant_fits(const AccountRules& kind, std::string_view tenant) {
  if (kind.tenant.in_path.empty()) return tenant.empty();
  return tenant.empty() ? kind.tenant.is_receiver : is_tenant(tenant);
}

// The platforms' echoes are about twenty digits. A callback's Encrypt is signed as an echo is, so whoever captured one
// can send it here: what a callback can hold, XML or JSON, is never shown.
bool is_echo(std::string_view text) {
  constexpr size_t kMostBytes = 128;
  const auto legal = [](char c) {
    return c >= ' ' && c <= '~' && std::string_view("<>{}[]\"&").find(c) == std::string_view::npos;
  };
  return !text.empty() && text.size() <= kMostBytes && std::all_of(text.begin(), text.end(), legal);
}

// For webhooks, which are never XML.
Result<Document> parse_json(std::string_view text) {
  Result<Document> document = parse_document(text);
  const bool not_json =
      document ? document->format() != DocumentFormat::json
               : document.error().reason == Reason::malformed_xml || document.error().reason == Reason::doctype;
  if (not_json) return Rejection{Reason::malformed_json, "the body isn't JSON"};
  return document;
}

WrongPart wrong_part_of(const Opened& opened) {
  using wxcrypt::CipherFault;
  const bool no_blocks = opened.fault == CipherFault::base64 || opened.fault == CipherFault::length;
  return opened.key_fits || no_blocks ? WrongPart::padding : WrongPart::key;
}

// How old a challenge may be where the account doesn't say.
constexpr std::chrono::minutes kMostChallengeAge{5};

// One request to one account, from the moment that the account is known.
class Interpreter {
 public:
  Interpreter(const Account& account, const Callback& callback, const crypto::Sealer& sealer, const RandomBytes& random,
              Scratch& scratch)
      : account_(account),
        kind_(rules(account.kind)),
        callback_(callback),
        sealer_(sealer),
        random_(random),
        scratch_(scratch),
        webhook_id_(callback.webhook_id),
        success_(success_reply(account.kind)) {}

  Interpretation interpret() {
    if (!tenant_fits(kind_, callback_.tenant)) return Refused{Refusal::unknown_tenant};
    if (account_.sender) return declared_webhook(*account_.sender);
    if (kind_.proof == Proof::standard_webhook)
      return callback_.method == Method::post ? standard_webhook() : Refused{Refusal::method_not_allowed};
    if (const auto refusal = parse_query(callback_.query, scratch_.query, query_)) return Refused{*refusal};
    if (callback_.method == Method::get)
      return kind_.proof == Proof::wework ? encrypted_challenge() : clear_challenge();
    return account_.mode == EncryptionMode::plain ? clear_message() : encrypted_message();
  }

 private:
  // Why the query is no proof. Nothing: it is, and token_ is the token that signed it.
  std::optional<Refusal> unproven(std::string_view claimed, std::string_view encrypt = {}) {
    if (claimed.empty()) return Refusal::missing_signature;
    token_ = signing_token(account_, claimed, query_, encrypt);
    if (token_ == nullptr) return Refusal::bad_signature;
    signature_ = claimed;
    if (stale(query_.timestamp)) return Refusal::stale_timestamp;
    return std::nullopt;
  }

  Interpretation clear_challenge() {
    if (const auto refusal = unproven(query_.signature)) return Refused{*refusal};
    if (query_.echostr.empty()) return Refused{Refusal::bad_request};
    return Challenge{{200, std::string(query_.echostr)}};
  }

  Interpretation encrypted_challenge() {
    // Base64 has no blanks: each was a plus until somebody on the way decoded it.
    std::string encrypted(query_.echostr);
    std::replace(encrypted.begin(), encrypted.end(), ' ', '+');
    if (const auto refusal = unproven(query_.msg_signature, encrypted)) return Refused{*refusal};
    const Opened opened = open_encrypted(account_, Method::get, callback_.tenant, encrypted, scratch_.plaintext);
    if (opened.outcome == Opened::Outcome::wrong_receiver) return Refused{Refusal::wrong_receiver};
    // Refusing loses nothing, and the console then shows that the AES key is wrong.
    if (opened.outcome == Opened::Outcome::undecryptable) return Refused{Refusal::bad_request, wrong_part_of(opened)};
    if (!is_echo(opened.plaintext.message)) return Refused{Refusal::not_an_echo};
    return Challenge{{200, std::string(opened.plaintext.message)}};
  }

  Interpretation clear_message() {
    if (const auto refusal = unproven(query_.signature)) return Refused{*refusal};
    const Result<Document> document = parse_document(callback_.body);
    if (!document) return unreadable(document.error(), callback_.body);
    if (document->has("Encrypt") && !document->has("MsgType"))
      return unreadable({Reason::undecryptable, "the body is encrypted, but the account's mode is plain"},
                        callback_.body);
    return accept(*document, callback_.body, callback_.tenant, nullptr);
  }

  Interpretation encrypted_message() {
    const wxcrypt::Envelope envelope = wxcrypt::open_envelope(callback_.body, scratch_.envelope);
    const bool clear = envelope.outcome == wxcrypt::Envelope::Outcome::absent;
    if (query_.msg_signature.empty() && (query_.signature.empty() || !clear))
      return Refused{Refusal::missing_signature};
    if (clear) return Refused{Refusal::downgrade};
    if (envelope.outcome == wxcrypt::Envelope::Outcome::malformed) return Refused{Refusal::bad_request};
    if (const auto refusal = unproven(query_.msg_signature, envelope.encrypt)) return Refused{*refusal};
    if (!wxcrypt::may_be_ciphertext(envelope.encrypt)) return Refused{Refusal::no_ciphertext};

    const Opened opened =
        open_encrypted(account_, Method::post, callback_.tenant, envelope.encrypt, scratch_.plaintext);
    if (opened.outcome == Opened::Outcome::wrong_receiver) return Refused{Refusal::wrong_receiver};
    if (opened.outcome == Opened::Outcome::undecryptable)
      return unreadable({Reason::undecryptable, std::string(wxcrypt::to_string(opened.fault))}, callback_.body);
    const auto [message, receiveid] = opened.plaintext;
    const std::string_view tenant = kind_.tenant.is_receiver ? receiveid : callback_.tenant;
    if (!json::is_utf8(tenant) || tenant.find('\0') != std::string_view::npos)
      return unreadable({Reason::invalid_utf8, "the receiveid isn't text"}, message);
    const Result<Document> document = parse_document(message);
    if (!document) return unreadable(document.error(), message);
    const ReplyEncryption encryption{*token_, *opened.key, receiveid, envelope.format};
    return accept(*document, message, tenant, &encryption);
  }

  Interpretation standard_webhook() {
    const standard_webhooks::Headers headers{callback_.webhook_id, callback_.webhook_timestamp,
                                             callback_.webhook_signature};
    if (headers.id.empty() || headers.timestamp.empty() || headers.signature.empty())
      return Refused{Refusal::missing_signature};
    if (!standard_webhooks::signature_fits(account_.webhook_secrets, headers, callback_.body))
      return Refused{Refusal::bad_signature};
    signature_ = headers.id;  // signed, and each delivery has another one
    if (stale(headers.timestamp)) return Refused{Refusal::stale_timestamp};
    if (!json::is_utf8(headers.id) || headers.id.find('\0') != std::string_view::npos)
      return unreadable({Reason::invalid_utf8, "the webhook-id isn't UTF-8"}, callback_.body);
    const Result<Document> document = parse_json(callback_.body);
    if (!document) return unreadable(document.error(), callback_.body);
    return accept(*document, callback_.body, callback_.tenant, nullptr);
  }

  // From a sender with rules of its own.
  Interpretation declared_webhook(const senders::Sender& sender) {
    webhook_id_ = {};
    senders::Incoming incoming(callback_);
    if (const auto refusal = incoming.read_query()) return Refused{*refusal};
    if (callback_.method == Method::get) {
      const auto [refusal, echo] = senders::verify_address(sender, incoming);
      if (refusal) return Refused{*refusal};
      return is_echo(echo) ? Interpretation(Challenge{{200, std::string(echo)}}) : Refused{Refusal::not_an_echo};
    }
    std::string proof;
    if (const auto refusal = senders::unproven(sender, incoming, proof)) return Refused{*refusal};
    // A key that travels in clear is the same in every delivery.
    if (sender.algorithm != senders::Algorithm::equal && sender.algorithm != senders::Algorithm::basic)
      signature_ = proof;
    if (sender.time && account_.max_timestamp_age) {
      const auto at = senders::signed_at(sender, incoming);
      if (!at || std::chrono::abs(callback_.received_at - *at) > *account_.max_timestamp_age)
        return Refused{Refusal::stale_timestamp};
    }
    success_ = senders::answer(sender, nullptr);
    const Result<std::string> text = senders::document_text(sender, incoming);
    if (!text) return unreadable(text.error(), callback_.body);
    const Result<Document> document = parse_json(*text);
    if (!document) return unreadable(document.error(), *text);
    success_ = senders::answer(sender, &*document);
    const senders::Told told = senders::tell(sender, incoming, *document, *text);
    webhook_id_ = told.identity;
    told_ = &told;
    return accept(*document, *text, {}, nullptr);
  }

  // encryption: how the callback was encrypted; null: not at all.
  Interpretation accept(const Document& document, std::string_view decrypted, std::string_view tenant,
                        const ReplyEncryption* encryption) {
    const NormalizeContext context{account_, tenant, webhook_id_, decrypted, callback_.received_at, sealer_, told_};
    Result<schemas::Event> event = normalize(document, context);
    if (!event) return unreadable(event.error(), decrypted);

    Accepted accepted{std::move(*event), success_, kind_.answer.urgent, address_differs(account_, tenant, document)};
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

  // decrypted: the text as far as we got. A retry is encrypted anew but must give the same dead letter.
  Interpretation unreadable(const Rejection& rejection, std::string_view decrypted) const {
    schemas::DeadLetter letter;
    // Two webhook-ids mean two deliveries, and two events. Webhooks have no tenant.
    letter.id = schemas::ingest_dead_letter_id(
        account_.name, kind_.proof == Proof::standard_webhook ? webhook_id_ : callback_.tenant, decrypted);
    letter.occurred_at = letter.failed_at = callback_.received_at;
    letter.stage = "ingest";
    letter.reason = rejection.reason;
    letter.detail = rejection.detail;
    letter.account = account_.name;
    letter.body = seal_letter(callback_.body, sealer_);
    const auto keep = [&](std::string_view name, std::string_view value) {
      if (!value.empty()) letter.context.emplace_back(name, seal_letter(value, sealer_));
    };
    keep("tenant", callback_.tenant);
    keep("query", callback_.query);
    keep("content_type", callback_.content_type);
    keep("webhook-id", callback_.webhook_id);
    keep("webhook-timestamp", callback_.webhook_timestamp);
    keep("webhook-signature", callback_.webhook_signature);
    if (account_.sender) keep_proof(*account_.sender, letter);
    return Unreadable{std::move(letter), success_, kind_.answer.urgent, std::string(signature_)};
  }

  // The headers that a declaration names. A key that travelled in clear is sealed, with all that it stands in: it may
  // be escaped there.
  void keep_proof(const senders::Sender& sender, schemas::DeadLetter& letter) const {
    for (const Header& header : callback_.headers)
      if (senders::names_header(sender, header.name))
        letter.context.emplace_back("header:" + std::string(header.name), header.value);
    if (sender.algorithm != senders::Algorithm::equal && sender.algorithm != senders::Algorithm::basic) return;
    using From = senders::Part::From;
    const bool in_query = sender.found.from == From::query, in_header = sender.found.from == From::header;
    for (auto& [name, value] : letter.context)
      if (in_query && name == "query")
        value = sealer_.seal(callback_.query);
      else if (in_header && (name.starts_with("header:") || Word(name) == Word(sender.found.name).view()))
        value = sealer_.seal(value);
    if (!in_query && !in_header) letter.body = sealer_.seal(callback_.body);
  }

  bool stale(std::string_view timestamp) const {
    auto most = account_.max_timestamp_age;
    if (!most && callback_.method == Method::get) most = kMostChallengeAge;
    return most && !is_fresh(timestamp, callback_.received_at, *most);
  }

  const Account& account_;
  const AccountRules& kind_;
  const Callback& callback_;
  const crypto::Sealer& sealer_;
  const RandomBytes& random_;
  Scratch& scratch_;
  Query query_;
  const Secret* token_ = nullptr;
  std::string_view webhook_id_;
  const senders::Told* told_ = nullptr;
  Reply success_;
  std::string_view signature_;  // verified; of a webhook: its id
};

}  // namespace

AccountBook::AccountBook(const std::vector<config::AccountSettings>& accounts, const crypto::Sealer& sealer,
                         RandomBytes random)
    : sealer_(sealer),
      random_(std::move(random)) {
  std::vector<std::string> errors;
  for (const auto& settings : accounts) {
    Account account = make_account(settings, errors);
    if (!settings.name.empty() && !accounts_.try_emplace(settings.name, std::move(account)).second)
      errors.push_back(
          fmt::format("{}{}accounts.{}.name: another account has this name; names appear in addresses, so "
                      "each must be unique",
                      settings.where, settings.where.empty() ? "" : ": ", settings.name));
  }
  if (!errors.empty()) throw UsageError(fmt::format("{}", fmt::join(errors, "\n")));
}

Interpretation AccountBook::interpret(const Callback& callback) const {
  const auto found = accounts_.find(callback.account);
  if (found == accounts_.end()) return Refused{Refusal::unknown_account};
  thread_local Scratch scratch;
  return Interpreter(found->second, callback, sealer_, random_, scratch).interpret();
}

const Account* AccountBook::find(std::string_view name) const {
  const auto found = accounts_.find(name);
  return found == accounts_.end() ? nullptr : &found->second;
}

}  // namespace wxpipe::ingest
