#include "cli/bookmark_command.hpp"

#include <fmt/format.h>

#include <memory>

#include "common/postgres/migrations.hpp"
#include "common/result.hpp"
#include "operate/audit_log.hpp"
#include "operate/bookmarks.hpp"

namespace wxpipe::cli {
namespace {
using operate::Bookmark, operate::Existing;
using report::Kind, report::Level, report::Table;

struct Options {
  std::string name;
  bool list = false, replace = false;
};

void run(Program& program, const Options& options) {
  if (options.list == !options.name.empty())
    throw UsageError("say a name, to set a bookmark, or --list, to see those that there are");
  const auto settings = load_settings(program, config::kForPostgres);
  postgres::Connection connection(settings.postgres.url, "wxpipe bookmark", postgres::Purpose::administration);
  postgres::require_schema(connection);
  if (options.list) return conclude(program, operate::bookmarks_report(connection));
  const auto who = operate::this_operator();
  const Bookmark bookmark{options.name, system_clock().now(), who.name, operate::ends_of_topics(settings.kafka)};
  operate::set_bookmark(connection, bookmark, options.replace ? Existing::replace : Existing::refuse, &who);
  Table offsets{"offsets",
                "",
                {{"topic", "topic"}, {"partition", "partition", Kind::count}, {"next", "next offset", Kind::count}},
                {}};
  for (const auto& [topic, by_partition] : bookmark.offsets)
    for (size_t i = 0; i < by_partition.size(); ++i) offsets.rows.push_back({topic, i, by_partition[i]});
  conclude(program, {.facts = {{"bookmark", "", bookmark.name}, {"at", "", bookmark.at}},
                     .tables = {std::move(offsets)},
                     .findings = {{Level::fine, fmt::format("the bookmark {} is set", bookmark.name),
                                   fmt::format("`wxpipe replay --from bookmark:{}` begins there.", bookmark.name)}}});
}
}  // namespace

void add_bookmark_command(Program& program) {
  auto& command = *program.app.add_subcommand(
      "bookmark", "Remembers under a name where the topics end now, for replay --from bookmark:NAME");
  command.group("Operation");
  add_config_options(command, program);
  add_report_options(command, program, Rows::some);
  const auto options = std::make_shared<Options>();
  command.add_option("name", options->name, "What to call it")->type_name("NAME");
  command.add_flag("--list", options->list, "Lists the bookmarks that there are, the newest first");
  command.add_flag("--replace", options->replace, "Move the bookmark, if there is one of this name");
  add_examples(command, {{"wxpipe bookmark before-the-upgrade -c wxpipe.toml", "sets one"},
                         {"wxpipe bookmark --list -c wxpipe.toml", "those that there are"},
                         {"wxpipe replay --from bookmark:before-the-upgrade --into schema:try -c wxpipe.toml",
                          "all events since then, into tables beside production"}});
  command.callback([&program, options] { run(program, *options); });
}

}  // namespace wxpipe::cli
