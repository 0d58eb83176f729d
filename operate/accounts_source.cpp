#include "operate/accounts_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "common/result.hpp"
#include "common/telemetry/log.hpp"
#include "operate/accounts.hpp"

namespace wxpipe::operate {
namespace {
[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

// Another name first: a reader finds the old file or the new one, never half of one.
void write_privately(const std::string& file, std::string_view text) {
  const auto fresh = fmt::format("{}.{}.new", file, ::getpid());
  ::unlink(fresh.c_str());  // of a process of this id that was killed
  const int descriptor = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) fail(fresh);
  bool good = true;
  while (good && !text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    good = written > 0;
    if (good) text.remove_prefix(static_cast<size_t>(written));
  }
  good = good && ::fsync(descriptor) == 0;
  good = ::close(descriptor) == 0 && good;
  if (good && ::rename(fresh.c_str(), file.c_str()) == 0) return;
  const int why = errno;
  ::unlink(fresh.c_str());
  errno = why;
  fail(file);
}
}  // namespace

AccountsSource::AccountsSource(Secret postgres_url, std::string copy_file)
    : url_(std::move(postgres_url)),
      copy_file_(std::move(copy_file)) {}

std::string AccountsSource::ask() {
  try {
    if (!connection_) {
      auto connection = std::make_unique<postgres::Connection>(url_, "wxpipe accounts", postgres::Purpose::sink);
      const std::lock_guard lock(mutex_);
      connection_ = std::move(connection);
    }
    return accounts_json(*connection_);
  } catch (const std::exception&) {
    const std::lock_guard lock(mutex_);
    connection_.reset();
    throw;
  }
}

std::string AccountsSource::read() {
  try {
    return ask();
  } catch (const postgres::SqlError& error) {
    throw UsageError(fmt::format("{} can't be read: {}; was `wxpipe migrate` run?", kAccountsTable, error.what()));
  } catch (const Unavailable& error) {
    auto json = read_copy(error.what());
    say_hindrance(error.what());
    telemetry::log_warn("accounts_from_copy", {{"file", copy_file_}, {"do", "see that Postgres comes back"}});
    kept_ = json;
    return json;
  }
}

std::string AccountsSource::read_copy(const std::string& why) const {
  if (copy_file_.empty())
    throw Unavailable(
        fmt::format("the accounts stand in Postgres, which is away: {} ([accounts_from] copy_file keeps the "
                    "last good ones for such a start)",
                    why));
  std::ifstream in(copy_file_, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (!in || text.empty())
    throw Unavailable(fmt::format(
        "the accounts stand in Postgres, which is away: {}; and there is no copy of them in {}", why, copy_file_));
  return text;
}

void AccountsSource::say_hindrance(const std::string& why) {
  if (why.empty() && !hindrance_.empty()) telemetry::log_info("accounts_back");
  if (!why.empty() && hindrance_.empty())
    telemetry::log_warn("accounts_away",
                        {{"why", why}, {"do", "the accounts stay as they were until Postgres is back"}});
  hindrance_ = why;
}

std::optional<std::string> AccountsSource::look() {
  try {
    auto json = ask();
    say_hindrance({});
    return json;
  } catch (const std::exception& error) {
    say_hindrance(error.what());
    return std::nullopt;
  }
}

void AccountsSource::keep(const std::string& json) {
  if (copy_file_.empty() || json == kept_) return;
  try {
    write_privately(copy_file_, json);
    kept_ = json;
    copy_hindered_ = false;
  } catch (const std::runtime_error& error) {
    if (!std::exchange(copy_hindered_, true))
      telemetry::log_error("accounts_copy_not_written",
                           {{"why", error.what()}, {"do", "without it, ingest can't start while Postgres is away"}});
  }
}

void AccountsSource::interrupt() {
  const std::lock_guard lock(mutex_);
  if (connection_) connection_->interrupt();
}

config::Loaded read_configuration(const std::string& path, const config::Environment& environment,
                                  const config::Needs& needs) {
  auto loaded = config::read_settings(path, environment, needs);
  const auto& from = loaded.settings.accounts_from;
  if (!from.postgres || !needs.reference || !loaded.errors.empty()) return loaded;
  add_accounts(loaded, AccountsSource(loaded.settings.postgres.url, from.copy_file).read(), needs);
  return loaded;
}

}  // namespace wxpipe::operate
