// Connections for questions: a few, kept open, each of them read only and with a time limit for each statement. Any
// thread.
#pragma once

#include <memory>
#include <mutex>
#include <type_traits>
#include <vector>

#include "common/config/settings.hpp"
#include "console/problems.hpp"
#include "sinks/family_databases.hpp"

namespace wxpipe::console {

// A connection for questions to this database. Those to the one that has the messages go by [console] postgres_url, if
// there is one.
std::unique_ptr<postgres::Connection> open_for_questions(const config::Settings& settings,
                                                         sinks::FamilyDatabase database);

class Databases {
 public:
  static constexpr size_t kMostKept = 4;

  // settings must outlive it.
  explicit Databases(const config::Settings& settings) : settings_(settings) {}

  // Calls ask(databases), or ask(connection) with the database that has the messages and all that is read together with
  // them. Connections are not kept if one was lost. Throws Problem: Postgres is away.
  template <class Ask>
  auto ask(Ask&& ask_it) {
    return at_postgres([&] {
      auto databases = take();
      auto answer = [&] {
        if constexpr (std::is_invocable_v<Ask, sinks::FamilyConnections&>)
          return ask_it(*databases);
        else
          return ask_it(databases->template of<schemas::Event>());
      }();
      give_back(std::move(databases));
      return answer;
    });
  }
  // Connections of its own: for streams, for tasks that read whole tables, and for what changes something.
  enum class For { questions, reports, changes };
  std::unique_ptr<sinks::FamilyConnections> connect(For what, std::chrono::seconds statement_limit) const;

 private:
  std::unique_ptr<sinks::FamilyConnections> take();
  void give_back(std::unique_ptr<sinks::FamilyConnections> databases);

  const config::Settings& settings_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<sinks::FamilyConnections>> kept_;
};

}  // namespace wxpipe::console
