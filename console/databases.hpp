// Connections for questions: a few, kept open, each of them read only and with a time limit for each statement. Any
// thread.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "common/config/settings.hpp"
#include "common/postgres/connection.hpp"
#include "console/problems.hpp"

namespace wxpipe::console {

class Databases {
 public:
  static constexpr size_t kMostKept = 4;

  // settings must outlive it.
  explicit Databases(const config::Settings& settings) : settings_(settings) {}

  // Calls ask(connection). A connection that was lost isn't kept. Throws Problem: Postgres is away.
  template <class Ask>
  auto ask(Ask&& ask_it) {
    return at_postgres([&] {
      auto connection = take();
      auto answer = ask_it(*connection);
      give_back(std::move(connection));
      return answer;
    });
  }
  // A connection of its own: for tasks and streams, and for what changes something.
  enum class For { questions, changes };
  std::unique_ptr<postgres::Connection> connect(For what, std::chrono::seconds statement_limit) const;

 private:
  std::unique_ptr<postgres::Connection> take();
  void give_back(std::unique_ptr<postgres::Connection> connection);

  const config::Settings& settings_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<postgres::Connection>> kept_;
};

}  // namespace wxpipe::console
