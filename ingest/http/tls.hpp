// The certificate and key for HTTPS, and their renewal: the files are looked at again and again, and new connections
// get the new certificate. Connections that are open go on with the one they began with.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "common/config/settings.hpp"
#include "common/runtime/file_stamp.hpp"

namespace wxpipe::ingest::http {

// Reads certificate and key. Null when the settings name none. Throws UsageError with the file's name. Never asks for a
// passphrase: a key that has one is an error.
std::unique_ptr<boost::asio::ssl::context> make_tls(const config::IngestSettings& settings);
// The same for another section's tls_certificate_file and tls_key_file.
std::unique_ptr<boost::asio::ssl::context> make_tls(std::string_view section, const std::string& certificate_file,
                                                    const std::string& key_file);

// Any thread may take the current certificate; one thread looks for new ones.
class Certificates {
 public:
  // Throws what make_tls throws. The settings must outlive it.
  explicit Certificates(const config::IngestSettings& settings);

  // Null: plain HTTP.
  std::shared_ptr<boost::asio::ssl::context> current() const;

  // Reads changed files once they have stood still from one look to the next: certificate and key are seldom replaced
  // in the same instant. If they are no good, the old certificate stays, and a log line says so.
  void look();

 private:
  struct Stamps {
    runtime::FileStamp certificate, key;
    bool operator==(const Stamps&) const = default;
  };
  Stamps stamps() const;

  const config::IngestSettings& settings_;
  Stamps known_;  // of the files that were read last, good or bad
  std::optional<Stamps> changed_;
  mutable std::mutex mutex_;  // guards the pointer
  std::shared_ptr<boost::asio::ssl::context> current_;
};

}  // namespace wxpipe::ingest::http
