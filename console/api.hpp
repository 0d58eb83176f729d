// The routes of the API with what each answers: questions to operate/, as the reports that the commands print. Any
// thread; answers may take seconds.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/clock.hpp"
#include "common/config/settings.hpp"
#include "common/kafka/group_members.hpp"
#include "console/databases.hpp"
#include "console/gate.hpp"
#include "console/live.hpp"
#include "console/router.hpp"
#include "console/tasks.hpp"
#include "console/watch.hpp"
#include "operate/counts.hpp"

namespace wxpipe::console {

// console/openapi.json as it was at build.
std::string_view openapi_file();

Response json(std::string body, int status = 200);
// The report as JSON, as the caller may see it.
Response json(report::Report report, const Identity& who);

class Api {
 public:
  // settings, clock and gate must outlive it.
  Api(const config::Settings& settings, const Clock& clock, Gate& gate);

  std::vector<Route> routes();
  // Takes the accounts, rules and sealing keys of a changed configuration; what it returns puts them in use.
  std::function<void()> prepare(const config::Settings& fresh);
  // Asks tasks to stop, so that its end needn't wait for their end.
  void stop() { tasks_.stop_all(); }

 private:
  // api_session.cpp
  void add_session(std::vector<Route>& routes);
  Response session(const Identity& who) const;
  // api_questions.cpp
  void add_questions(std::vector<Route>& routes);
  Response overview(const Call& call);
  Response events(const Call& call);
  Response event(const Call& call);
  Response export_events(const Call& call);
  Response body(const Call& call);
  Response live(const Call& call);
  Response custody(const Call& call);
  Response refusals(const Call& call) const;
  Response groups(const Call& call);
  Response advice(const Call& call);
  Response doctor();
  // api_actions.cpp
  void add_actions(std::vector<Route>& routes);
  Response retry(const Call& call);
  Response drop(const Call& call);
  Response replay(const Call& call);
  Response diff(const Call& call);
  Response set_bookmark(const Call& call);
  Response audit(const Call& call);
  Response repair(const Call& call);
  Response probe(const Call& call) const;

  // The report of a question, as the caller may see it.
  template <class Ask>
  Response ask(const Call& call, const Ask& question) {
    return json(databases_.ask(question), call.who);
  }
  // As they are now; they stay so for whoever has them.
  std::shared_ptr<const config::Settings> settings() const;
  config::Settings quiet_settings() const;

  const config::Settings& settings_;  // of the start
  mutable std::mutex fresh_mutex_;
  std::shared_ptr<const config::Settings> fresh_;  // those with what has changed since
  const Clock& clock_;
  Gate& gate_;
  Databases databases_;
  Watch watch_;
  operate::KnownCounts counts_;
  Live live_;
  std::mutex doctor_mutex_;                                  // one examination at a time
  std::optional<std::pair<Timestamp, std::string>> doctor_;  // the last one
  std::mutex holders_mutex_;
  std::optional<kafka::GroupMembers> holders_;  // asked who holds the partitions, one question at a time
  Tasks tasks_;                                 // last: its threads use the others
};

}  // namespace wxpipe::console
