#include "tests/support/temporary_database.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "common/postgres/migrations.hpp"
#include "tests/support/stack.hpp"
#include "tests/support/unique_name.hpp"

namespace wxpipe::support {
namespace {
void on_server(const std::string& sql) {
  postgres::Connection connection(Secret(stack().database), "wxpipe-test", postgres::Purpose::administration);
  connection.execute(sql);
}
}  // namespace

std::string with_database(const std::string& url, const std::string& database) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) throw std::invalid_argument("not a URL: WXPIPE_TEST_DATABASE_URL");
  const auto query = std::min(url.find('?', scheme), url.size());
  const auto path = std::min(url.find('/', scheme + 3), query);
  return url.substr(0, path) + "/" + database + url.substr(query);
}

TemporaryDatabase::TemporaryDatabase(Schema schema)
    : name_(unique_name("wxpipe_test")),
      url_(with_database(stack().database, name_)) {
  on_server("create database " + name_);
  if (schema == Schema::none) return;
  try {
    postgres::Connection connection(url_, "wxpipe-test", postgres::Purpose::administration);
    postgres::migrate(connection);
  } catch (...) {
    on_server("drop database if exists " + name_ + " with (force)");
    throw;
  }
}

TemporaryDatabase::~TemporaryDatabase() {
  try {
    on_server("drop database if exists " + name_ + " with (force)");
  } catch (const std::exception& error) {
    ADD_FAILURE() << "the database " << name_ << " could not be dropped: " << error.what();
  }
}

config::PostgresSettings TemporaryDatabase::settings() const {
  config::PostgresSettings settings;
  settings.url = url_;
  return settings;
}

std::unique_ptr<postgres::Connection> TemporaryDatabase::connect() const {
  return std::make_unique<postgres::Connection>(url_, "wxpipe-test", postgres::Purpose::administration);
}

postgres::Rows TemporaryDatabase::query(const std::string& sql) const { return connect()->execute(sql); }

}  // namespace wxpipe::support
