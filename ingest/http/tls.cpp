#include "ingest/http/tls.hpp"

#include <fmt/format.h>

#include "common/result.hpp"
#include "common/telemetry/log.hpp"

namespace wxpipe::ingest::http {
namespace asio = boost::asio;
using boost::system::error_code;

std::unique_ptr<asio::ssl::context> make_tls(const config::IngestSettings& settings) {
  return make_tls("ingest", settings.tls_certificate_file, settings.tls_key_file);
}

std::unique_ptr<asio::ssl::context> make_tls(std::string_view section, const std::string& certificate_file,
                                             const std::string& key_file) {
  if (certificate_file.empty()) return nullptr;
  auto tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  tls->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                   asio::ssl::context::no_tlsv1_1);
  // Without this, OpenSSL would ask on the terminal.
  auto asked = std::make_shared<bool>(false);
  tls->set_password_callback([asked](size_t, asio::ssl::context::password_purpose) {
    *asked = true;
    return std::string();
  });
  const auto refuse = [&](std::string_view key, const std::string& file, const std::string& why) {
    throw UsageError(
        *asked ? fmt::format("{}.{}: {}: it is encrypted with a passphrase, and wxpipe asks for none; write it "
                             "without one: openssl pkey -in {} -out key.pem (readable by wxpipe's user "
                             "alone)",
                             section, key, file, file)
               : fmt::format("{}.{}: {}: {}", section, key, file, why));
  };
  error_code error;
  tls->use_certificate_chain_file(certificate_file, error);
  if (error) refuse("tls_certificate_file", certificate_file, error.message());
  tls->use_private_key_file(key_file, asio::ssl::context::pem, error);
  if (error || *asked) refuse("tls_key_file", key_file, error.message());
  return tls;
}

Certificates::Certificates(const config::IngestSettings& settings)
    : settings_(settings),
      known_(stamps()),
      current_(make_tls(settings)) {}

std::shared_ptr<asio::ssl::context> Certificates::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

Certificates::Stamps Certificates::stamps() const {
  return {runtime::stamp_of(settings_.tls_certificate_file), runtime::stamp_of(settings_.tls_key_file)};
}

void Certificates::look() {
  if (settings_.tls_certificate_file.empty()) return;
  const auto now = stamps();
  if (now == known_) {
    changed_.reset();
    return;
  }
  if (changed_ != now) {
    changed_ = now;
    return;
  }
  changed_.reset();
  known_ = now;
  try {
    std::shared_ptr<asio::ssl::context> fresh = make_tls(settings_);
    const std::lock_guard lock(mutex_);
    current_ = std::move(fresh);
  } catch (const UsageError& error) {
    telemetry::log_error("certificate_kept",
                         {{"why", error.what()}, {"do", "correct the files; the old one is in use"}});
    return;
  }
  telemetry::log_info("certificate_renewed", {{"file", settings_.tls_certificate_file}});
}

}  // namespace wxpipe::ingest::http
