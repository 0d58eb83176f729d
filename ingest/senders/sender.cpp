#include "ingest/senders/sender.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "ingest/senders/presets.hpp"
#include "ingest/words.hpp"

namespace wxpipe::ingest::senders {
namespace {

constexpr std::array<std::pair<std::string_view, Algorithm>, 7> kAlgorithms{{{"md5", Algorithm::md5},
                                                                             {"sha1", Algorithm::sha1},
                                                                             {"sha256", Algorithm::sha256},
                                                                             {"hmac_sha1", Algorithm::hmac_sha1},
                                                                             {"hmac_sha256", Algorithm::hmac_sha256},
                                                                             {"equal", Algorithm::equal},
                                                                             {"basic", Algorithm::basic}}};
constexpr size_t kShortestKey = 8;  // what is shorter can't be told from other text, so it couldn't be sealed
constexpr size_t kAesKeyBytes = 32, kMostParts = 32, kMostHmacParts = 7;

bool is_keyed(Algorithm algorithm) { return algorithm == Algorithm::hmac_sha1 || algorithm == Algorithm::hmac_sha256; }
bool is_shared_key(Algorithm algorithm) { return algorithm == Algorithm::equal || algorithm == Algorithm::basic; }

// What people write in `fields`, and the names that the rest of the code has.
std::string our_name(const std::string& said) {
  static const std::map<std::string_view, std::string_view> names{
      {"name", "contact_name"},   {"phone", "contact_phone"},  {"wechat", "contact_wechat"},
      {"email", "contact_email"}, {"company", "company_name"}, {"industry", "company_industry"}};
  const auto found = names.find(said);
  return found == names.end() ? said : std::string(found->second);
}

// The account's words where it has any, else the preset's.
config::SenderSettings merged(const Preset* preset, const config::SenderSettings& own) {
  config::SenderSettings all = preset == nullptr ? config::SenderSettings() : preset->declared;
  const auto take = [](auto& into, const auto& from) {
    if (from != std::remove_cvref_t<decltype(from)>()) into = from;
  };
  take(all.algorithm, own.algorithm);
  take(all.over, own.over);
  take(all.sorted, own.sorted);
  take(all.found, own.found);
  take(all.prefix, own.prefix);
  take(all.encoding, own.encoding);
  take(all.time, own.time);
  take(all.document, own.document);
  take(all.cipher, own.cipher);
  take(all.iv, own.iv);
  take(all.status, own.status);
  take(all.body, own.body);
  take(all.challenge, own.challenge);
  take(all.verify, own.verify);
  const auto preset_fields = std::exchange(all.fields, {});
  for (const auto* fields : {&preset_fields, &own.fields})
    for (const auto& [name, paths] : *fields) all.fields.insert_or_assign(our_name(name), paths);
  for (const auto& [word, type] : own.types) all.types.insert_or_assign(word, type);
  return all;
}

class Maker {
 public:
  Maker(const config::AccountSettings& settings, std::vector<Complaint>& complaints)
      : settings_(settings),
        complaints_(complaints) {}

  Sender make() {
    if (!settings_.sender.empty()) {
      preset_ = preset(settings_.sender);
      if (preset_ == nullptr) {
        std::vector<std::string_view> names;
        for (const auto& row : presets()) names.push_back(row.name);
        complain("sender",
                 fmt::format("\"{}\" is none of {}; for another one leave sender out and say [accounts.proof]",
                             settings_.sender, fmt::join(names, ", ")));
        return {};
      }
    }
    said_ = merged(preset_, settings_.declared);
    proof();
    secrets();
    envelope();
    names();
    answer();
    return std::move(sender_);
  }

 private:
  void complain(std::string key, std::string text) { complaints_.push_back({std::move(key), std::move(text)}); }

  Part part(const std::string& key, const std::string& word) {
    if (auto found = parse_part(word)) return *std::move(found);
    complain(key,
             fmt::format("\"{}\" is no part of a request: say query:NAME, header:NAME, form:NAME, json:PATH, body, "
                         "form, secret or text:TEXT",
                         word));
    return {};
  }

  void proof() {
    const auto* const algorithm = std::find_if(kAlgorithms.begin(), kAlgorithms.end(),
                                               [&](const auto& row) { return row.first == said_.algorithm; });
    if (algorithm == kAlgorithms.end()) {
      complain("proof.algorithm", "is missing; say how the sender signs, or name it with sender");
      return;
    }
    sender_.algorithm = algorithm->second;
    sender_.sorted = said_.sorted.value_or(false);
    sender_.base64 = said_.encoding == "base64";
    sender_.prefix = said_.prefix;
    if (sender_.algorithm == Algorithm::basic && settings_.declared.found.empty())
      sender_.found = {Part::From::header, "Authorization"};
    else if (said_.found.empty())
      complain("proof.found", "is missing; say where the proof stands, such as \"header:X-Signature\"");
    else
      sender_.found = part("proof.found", said_.found);
    if (!said_.time.empty()) sender_.time = part("proof.time", said_.time);
    if (is_shared_key(sender_.algorithm)) return;
    for (const auto& word : said_.over) sender_.over.push_back(part("proof.over", word));
    const bool has_secret = std::any_of(sender_.over.begin(), sender_.over.end(),
                                        [](const Part& each) { return each.from == Part::From::secret; });
    if (sender_.over.empty())
      complain("proof.over", "is missing; say which parts are digested, such as [\"body\", \"secret\"]");
    else if (const size_t most = is_keyed(sender_.algorithm) ? kMostHmacParts : kMostParts; sender_.over.size() > most)
      complain("proof.over", fmt::format("has {} parts; at most {} are possible", sender_.over.size(), most));
    else if (!has_secret && !is_keyed(sender_.algorithm))
      complain("proof.over", "has no \"secret\", so anybody could make such a proof");
    if (sender_.time && !covers(*sender_.time))
      complain("proof.time", "isn't among proof.over, so anybody could change it");
  }

  bool covers(const Part& wanted) const {
    return std::any_of(sender_.over.begin(), sender_.over.end(), [&](const Part& each) {
      return each == wanted || (each.from == Part::From::body && wanted.from == Part::From::json) ||
             (each.from == Part::From::whole_form && wanted.from == Part::From::form);
    });
  }

  static std::vector<Secret> both(const Secret& current, const Secret& previous) {
    std::vector<Secret> out;
    for (const Secret* secret : {&current, &previous})
      if (!secret->empty()) out.push_back(*secret);
    return out;
  }

  void secrets() {
    sender_.secrets = both(settings_.secret, settings_.previous_secret);
    if (settings_.secret.empty())
      complain("secret",
               fmt::format("is missing; {}", preset_ != nullptr ? preset_->where : "the proof is made with it"));
    for (const auto& secret : sender_.secrets)
      if (is_shared_key(sender_.algorithm) && secret.reveal().size() < kShortestKey)
        complain("secret", fmt::format("has fewer than {} characters, and it travels in clear; make a longer one with: "
                                       "openssl rand -hex 24",
                                       kShortestKey));
  }

  void envelope() {
    if (!said_.document.empty()) sender_.document = part("envelope.document", said_.document);
    if (said_.cipher == "aes_256_cbc") {
      sender_.cipher = Cipher::aes_256_cbc;
      sender_.keys = both(settings_.encoding_aes_key, settings_.previous_encoding_aes_key);
      if (settings_.encoding_aes_key.empty())
        complain("encoding_aes_key", fmt::format("is missing; {}", preset_ != nullptr && !preset_->key_where.empty()
                                                                       ? preset_->key_where
                                                                       : "the document is encrypted with it"));
      for (const auto& key : sender_.keys)
        if (key.reveal().size() != kAesKeyBytes)
          complain("encoding_aes_key", fmt::format("has {} characters, but this sender's keys have {}; copy it again",
                                                   key.reveal().size(), kAesKeyBytes));
    } else if (said_.cipher == "aes_128_ctr") {
      sender_.cipher = Cipher::aes_128_ctr;
      sender_.keys = sender_.secrets;
      if (said_.iv.empty())
        complain("envelope.iv", "is missing; say the part that the IV is made of");
      else
        sender_.iv = part("envelope.iv", said_.iv);
    }
  }

  void names() {
    for (const auto& [name, paths] : said_.fields) {
      FieldRule rule{name, parse_choices(paths)};
      if (rule.choices.empty()) complain("fields." + name, "is empty; say where it stands, or \"-\" for nowhere");
      sender_.fields.push_back(std::move(rule));
    }
    sender_.types.insert(said_.types.begin(), said_.types.end());
    for (const auto& [word, type] : said_.types)
      if (type.find('.') == std::string::npos)
        complain("types." + word, fmt::format("\"{}\" is no event type; say one such as \"lead.submitted\"", type));
  }

  void answer() {
    sender_.status = static_cast<unsigned>(said_.status.value_or(200));
    sender_.body = said_.body.value_or("");
    if (said_.challenge.empty() && said_.verify.empty()) return;
    if (said_.challenge.empty() || said_.verify.empty())
      return complain(said_.challenge.empty() ? "answer.challenge" : "answer.verify",
                      "is missing; a GET is answered only where both are said");
    sender_.challenge = part("answer.challenge", said_.challenge);
    sender_.verify = part("answer.verify", said_.verify);
    sender_.tokens = both(settings_.token, settings_.previous_token);
    if (sender_.tokens.empty())
      complain("token", "is missing; it is the text that you enter beside the address, where the sender verifies it");
  }

  const config::AccountSettings& settings_;
  std::vector<Complaint>& complaints_;
  const Preset* preset_ = nullptr;
  config::SenderSettings said_;
  Sender sender_;
};

// Whether the part is made of parts that the proof is made of.
bool is_covered(const Part& part, const std::vector<Part>& over) {
  return std::any_of(over.begin(), over.end(), [&](const Part& each) {
    return each.from == Part::From::body || (each.from == Part::From::json && each.name == part.name);
  });
}

}  // namespace

const FieldRule* Sender::field(std::string_view name) const {
  const auto rule =
      std::find_if(fields.begin(), fields.end(), [&](const FieldRule& each) { return each.name == name; });
  return rule == fields.end() ? nullptr : &*rule;
}

bool Sender::covers_document() const {
  if (is_shared_key(algorithm)) return false;
  const bool whole = std::any_of(over.begin(), over.end(), [&](const Part& each) {
    return each.from == Part::From::body || each == document ||
           (each.from == Part::From::whole_form && document.from == Part::From::form);
  });
  if (whole || document.from != Part::From::body || cipher != Cipher::none) return whole;
  // Or all that is read of it.
  for (const FieldRule& rule : fields)
    for (const Choice& choice : rule.choices)
      for (const Part& part : choice)
        if (part.from == Part::From::document && part.name != kNowhere && !is_covered(part, over)) return false;
  return !fields.empty();
}

bool names_header(const Sender& sender, std::string_view name) {
  const auto is_it = [&](const Part& part) {
    return part.from == Part::From::header &&
           std::equal(part.name.begin(), part.name.end(), name.begin(), name.end(),
                      [](char left, char right) { return lower(left) == lower(right); });
  };
  if (is_it(sender.found) || (sender.iv && is_it(*sender.iv))) return true;
  if (std::any_of(sender.over.begin(), sender.over.end(), is_it)) return true;
  return std::any_of(sender.fields.begin(), sender.fields.end(), [&](const FieldRule& rule) {
    return std::any_of(rule.choices.begin(), rule.choices.end(),
                       [&](const Choice& choice) { return std::any_of(choice.begin(), choice.end(), is_it); });
  });
}

bool is_declared(const config::AccountSettings& settings) {
  const auto& own = settings.declared;
  return !settings.sender.empty() || !own.algorithm.empty() || !own.found.empty() || !own.over.empty() ||
         !own.document.empty() || !own.cipher.empty() || !own.fields.empty() || !own.types.empty() || own.status ||
         own.body || !own.challenge.empty();
}

Sender make_sender(const config::AccountSettings& settings, std::vector<Complaint>& complaints) {
  return Maker(settings, complaints).make();
}

std::vector<Complaint> risks_of(const config::AccountSettings& settings, const Sender& sender) {
  std::vector<Complaint> risks;
  if (!sender.covers_document())
    risks.push_back({"proof",
                     "doesn't cover the document, so whoever sees one request can forge others; use HTTPS, and "
                     "keep the address to yourself"});
  const Preset* const known = preset(settings.sender);
  if (known != nullptr && known->own_fields && settings.kind == "channel") {
    const bool said = std::any_of(settings.declared.fields.begin(), settings.declared.fields.end(),
                                  [](const auto& field) { return our_name(field.first).starts_with("contact_"); });
    if (!said)
      risks.push_back(
          {"fields", fmt::format("is missing: each form of {} has fields of its own. Say which is which, such "
                                 "as phone = \"…\"; the names are in messages.attributes of a first event",
                                 known->name)});
  }
  return risks;
}

}  // namespace wxpipe::ingest::senders
