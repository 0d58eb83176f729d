// A golden case is a folder tests/golden/<account kind>/<case>/: what a platform sends, and what must become of it.
//   body.xml or body.json  what the platform wrote, before signing and encryption; byte for byte. body.form: a form
//   case.json              what differs from the usual callback of that kind; optional
//   expected.json          the outcome as operate/outcome.hpp renders it; a missing key means empty
//   raw.xml or raw.json    the event's `raw` if it differs from the body: sealed credentials are shown as sealed:{text}
// tests/golden/README.md explains both JSON files key by key.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/config/settings.hpp"
#include "tests/unit/ingest/platform_side.hpp"

namespace wxpipe::ingest::golden {

// One delivery attempt. Retries differ in their time and in everything random, but never in the body.
struct Attempt {
  std::string nonce = "1372623149", random16 = "0123456789abcdef", webhook_id = "msg_golden";
  std::chrono::seconds delay{0};
};

class Case {
 public:
  // Throws std::runtime_error that names the file and what to change.
  explicit Case(const std::filesystem::path& folder);

  const config::AccountSettings& account() const { return account_; }
  const std::string& body() const { return body_; }
  const std::string& raw() const { return raw_; }            // expected
  const std::string& expected() const { return expected_; }  // expected.json, verbatim
  Timestamp received_at() const { return received_at_; }
  std::string_view platform() const { return platform_; }  // the platform that its events must name
  bool is_webhook() const { return is_webhook_; }
  // Its sender has rules of its own, so the case has the whole request, signed once for all.
  bool is_signed() const { return envelope_ == Envelope::as_it_is; }

  // The request that carries the body, signed and encrypted as the case says.
  test::Request request(const std::string& body, const Attempt& attempt) const;

 private:
  enum class Envelope { none, xml, json, json_lower_case, webhook, as_it_is };

  Envelope usual_envelope(bool json_body) const;
  void read_settings(std::string_view json);

  config::AccountSettings account_;
  std::string_view platform_;
  bool is_webhook_ = false;
  std::string body_, raw_, expected_;
  std::string tenant_, receiveid_, query_, token_, aes_key_, webhook_secret_, content_type_;
  std::vector<std::pair<std::string, std::string>> headers_;
  Timestamp received_at_;
  std::chrono::seconds signed_before_{0};
  Envelope envelope_ = Envelope::none;
};

// The folders of all cases, sorted: <account kind>/<case>.
std::vector<std::filesystem::path> case_folders(const std::filesystem::path& root);

}  // namespace wxpipe::ingest::golden
