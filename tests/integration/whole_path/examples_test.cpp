// Every example of every --help, as it stands there. Without servers each is understood, ends in time and says in one
// sentence what is away. With servers those that only read are really run. The rules for exit codes hold everywhere
// (docs/contract.md §6).
#include <algorithm>
#include <set>
#include <sstream>

#include "tests/integration/whole_path/wxpipe_fixture.hpp"

namespace wxpipe::whole_path {
namespace {
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

constexpr size_t kAtOnce = 6;

struct Example {
  std::string line;  // one command of it
  Lines words;       // after "wxpipe"
  Environment environment;

  bool begins(const Lines& with) const {
    return words.size() >= with.size() && std::equal(with.begin(), with.end(), words.begin());
  }
  bool has(const std::string& word) const { return std::ranges::find(words, word) != words.end(); }

  bool is_role() const {
    return begins({"run"}) || begins({"ingest"}) || begins({"process"}) || begins({"sink"}) || begins({"micro"}) ||
           (begins({"console"}) && !begins({"console", "token"}));
  }
  // Goes on until it is stopped.
  bool goes_on() const {
    return is_role() || has("--watch") || has("--listen") || has("--follow") || (begins({"top"}) && !has("--once")) ||
           (begins({"tail"}) && !has("--duration"));
  }
  bool needs_no_server() const {
    return begins({"explain"}) || begins({"manual"}) || begins({"completion"}) || begins({"check-config"}) ||
           begins({"test"}) || begins({"chaos"}) || begins({"console", "token"}) ||
           (begins({"send"}) && (has("--print") || has("--types")));
  }
  // Changes nothing but what lies beside production: side schemas, files, bookmarks.
  bool only_reads() const {
    if (has("--yes") || goes_on()) return false;
    for (const auto& reading : std::vector<Lines>{{"migrate", "--check"},
                                                  {"topics", "plan"},
                                                  {"topics", "grow"},
                                                  {"partitions", "plan"},
                                                  {"partitions", "doctor"},
                                                  {"partitions", "retain"},
                                                  {"audit"},
                                                  {"lag"},
                                                  {"doctor"},
                                                  {"scale"},
                                                  {"dlq"},
                                                  {"trace"},
                                                  {"tail"},
                                                  {"top"},
                                                  {"replay"},
                                                  {"diff"},
                                                  {"bookmark"}})
      if (begins(reading)) return true;
    return needs_no_server();
  }
};

// As a shell splits it: quotes, but no expansions.
Lines shell_words(const std::string& text) {
  Lines words;
  std::string word;
  bool open = false;
  char quote = 0;
  for (const char c : text + " ") {
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '\'' || c == '"')) {
      quote = c;
      open = true;
    } else if (quote == 0 && c == ' ') {
      if (open || !word.empty()) words.push_back(std::exchange(word, {}));
      open = false;
    } else {
      word += c;
    }
  }
  return words;
}

class ExamplesTest : public WholePathTest {
 protected:
  void SetUp() override {
    WholePathTest::SetUp();
    if (IsSkipped()) return;
    // What examples name, beside the configuration.
    folder_.write("new-rules.toml",
                  "[[rules]]\nname = \"any\"\ndimension = \"intent\"\npoints = 1\ntypes = [\"message.*\"]\n");
    folder_.write("schedule.txt", command({"chaos", "--seed", "7", "--minutes", "1", "--print-schedule"}).output);
    std::filesystem::create_directories(folder_ / "cases" / "price");
    folder_.write("cases/price/body.xml", mp_text("o_one", 1, "价格"));
    folder_.write("cases/price/case.toml", "account = \"shop\"\n");
    all_ = examples();
    ASSERT_GT(all_.size(), 90U);
  }

  // From the page that is made of the same tree as --help.
  std::vector<Example> examples() const {
    std::vector<Example> list;
    std::istringstream page(command({"manual", "markdown"}).output);
    bool inside = false;
    std::set<std::string> seen;
    for (std::string line; std::getline(page, line);) {
      if (line.starts_with("```")) inside = line == "```sh";
      if (!inside || line.starts_with("```") || line.starts_with(' ')) continue;
      for (size_t from = 0; from < line.size();) {
        const auto to = std::min(line.find(" && ", from), line.size());
        const auto one = line.substr(from, to - from);
        from = to + 4;
        // Of several in a pipe the first is run; what begins with another program is left out.
        if (seen.insert(one).second && one.substr(0, one.find(" | ")).find("wxpipe ") != one.npos && !asks(one))
          list.push_back(example(one));
      }
    }
    return list;
  }
  // For a password, at a terminal.
  static bool asks(std::string_view line) { return line.starts_with("wxpipe console passwd"); }
  Example example(std::string line) const {
    Example made{line, {}, {}};
    for (const auto* end : {" | ", " > "}) line = line.substr(0, line.find(end));
    for (const auto& [theirs, ours] :
         {std::pair<std::string, std::string>{"/tmp/wxpipe-chaos-7/schedule.txt", "schedule.txt"},
          {"127.0.0.1:9465", "127.0.0.1:0"},
          {"0.0.0.0:9465", "127.0.0.1:0"}})
      if (const auto at = line.find(theirs); at != line.npos) line.replace(at, theirs.size(), ours);
    auto words = shell_words(line);
    while (!words.empty() && words.front() != "wxpipe") {
      const auto equals = words.front().find('=');
      const auto name = words.front().substr(0, equals);
      // The servers of examples are nobody's here.
      if (name != "DATABASE_URL" && name != "KAFKA_BOOTSTRAP")
        made.environment[name] = words.front().substr(equals + 1);
      words.erase(words.begin());
    }
    words.erase(words.begin());
    if (!words.empty() && words.front() == "chaos" && std::ranges::find(words, "--print-schedule") == words.end())
      words.push_back("--print-schedule");  // a real run takes minutes and starts servers
    made.words = std::move(words);
    return made;
  }

  std::unique_ptr<rig::Process> started(const Example& one, Environment more = {}) const {
    auto with = environment(std::move(more));
    for (const auto& [name, value] : one.environment) with[name] = value;
    return std::make_unique<rig::Process>(rig::Command{.program = support::wxpipe_program(),
                                                       .arguments = one.words,
                                                       .environment = std::move(with),
                                                       .folder = folder_.path()});
  }
  Ran ran(const Example& one, Environment more = {}) const {
    const auto process = started(one, std::move(more));
    const auto exit = process->wait(90s);
    return {exit, process->output(), process->errors()};
  }
  static Environment nothing_there() {
    return {{"KAFKA_BOOTSTRAP", "127.0.0.1:1"},
            {"DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none"},
            {"WXPIPE_INGEST__LISTEN", "127.0.0.1:1"},
            {"WXPIPE_ADMIN__LISTEN", "127.0.0.1:2"},
            {"WXPIPE_INGEST__PUBLIC_URL", "http://127.0.0.1:1"}};
  }

  std::vector<Example> all_;
};

TEST_F(ExamplesTest, WithoutServersEachSaysSoInASentenceAndInTime) {
  std::vector<Example> list;
  for (const auto& one : all_)
    if (!one.goes_on()) list.push_back(one);
  std::ranges::stable_sort(list, {},
                           [](const auto& one) { return !one.has("--update"); });  // makes the test case whole
  for (size_t from = 0; from < list.size();) {
    const size_t to = from == 0 ? 1 : std::min(from + kAtOnce, list.size());
    std::vector<std::unique_ptr<rig::Process>> together;
    for (size_t i = from; i < to; ++i) together.push_back(started(list[i], nothing_there()));
    for (size_t i = from; i < to; ++i) {
      const auto exit = together[i - from]->wait(90s);
      const auto errors = together[i - from]->errors();
      const auto output = together[i - from]->output();
      ASSERT_TRUE(exit) << list[i].line << " does not end\n" << errors;
      if (list[i].needs_no_server())
        EXPECT_EQ(*exit, rig::Exit{}) << list[i].line << '\n' << errors << output;
      else if (list[i].begins({"accounts"}))  // here they stand in the file
        EXPECT_THAT(exit->code, AnyOf(0, 2)) << list[i].line << '\n' << errors << output;
      else if (list[i].begins({"doctor", "callback"}))
        EXPECT_EQ(*exit, (rig::Exit{1, 0})) << list[i].line << '\n' << errors << output;
      else
        EXPECT_EQ(*exit, (rig::Exit{3, 0})) << list[i].line << '\n' << errors << output;
      if (exit->code == 3 && output.empty()) {
        const auto said = errors.find("wxpipe: ");
        EXPECT_NE(said, errors.npos) << list[i].line << '\n' << errors;
      }
      EXPECT_THAT(errors, Not(HasSubstr("terminate called"))) << list[i].line;
    }
    from = to;
  }
}

TEST_F(ExamplesTest, AWordTooManyIsWrongUsage) {
  std::set<std::string> seen;
  for (auto one : all_) {
    if (!seen.insert(one.words.front()).second) continue;
    one.words.push_back("--no-such-option");
    const auto wrong = ran(one, nothing_there());
    EXPECT_EQ(wrong.code(), 2) << one.line << wrong.output;
    EXPECT_THAT(wrong.errors, HasSubstr("--no-such-option")) << one.line;
  }
}

TEST_F(ExamplesTest, ThoseThatReadRunAgainstRealServers) {
  ASSERT_EQ(command({"topics", "apply"}).code(), 0);
  auto all = start();
  ASSERT_TRUE(all->ready()) << all->readiness();
  for (int i = 0; i < 20; ++i) ASSERT_EQ(all->client().send(http(shop(mp_text("o_one", i, "价格")))).status, 200);
  ASSERT_TRUE(settled(20));
  const Environment here{{"WXPIPE_ADMIN__LISTEN", fmt::format("127.0.0.1:{}", all->admin_port().value())},
                         {"WXPIPE_INGEST__PUBLIC_URL", fmt::format("http://127.0.0.1:{}", all->port().value())}};
  auto list = all_;
  std::erase_if(list, [](const auto& one) { return !one.only_reads(); });
  std::ranges::stable_sort(list, {}, [](const auto& one) {  // what others read
    return !(one.has("--update") || one.has("schema:try") || (one.begins({"bookmark"}) && !one.has("--list")));
  });
  EXPECT_GT(list.size(), 50U);
  for (const auto& one : list) {
    const auto here_ran = ran(one, here);
    ASSERT_TRUE(here_ran.exit) << one.line << " does not end\n" << here_ran.errors;
    EXPECT_THAT(here_ran.code(), AnyOf(0, 1)) << one.line << '\n' << here_ran.errors << here_ran.output;
    if (here_ran.code() == 1) {
      EXPECT_FALSE(here_ran.errors.empty() && here_ran.output.empty()) << one.line << " says nothing";
    }
  }
  EXPECT_EQ(count("messages"), 20) << "nothing was changed";
}

TEST_F(ExamplesTest, ThoseThatGoOnEndWithASignal) {
  ASSERT_EQ(command({"topics", "apply"}).code(), 0);
  auto all = start();
  ASSERT_TRUE(all->ready()) << all->readiness();
  const Environment here{{"WXPIPE_INGEST__LISTEN", "127.0.0.1:0"}, {"WXPIPE_INSTANCE", "example"}};
  int number = 0;
  for (const auto& one : all_) {
    if (!one.goes_on() || one.begins({"forward"})) continue;  // devtools_test has somebody it can forward to
    const auto process = started(one, here);
    const auto busy = [&] {
      all->client().send(http(shop(mp_text("o_one", ++number, "你好"))));
      all->client().send(http(shop(mp_event("o_one", "subscribe"))));
      return !process->output().empty() || process->errors().find("event=admin_listening") != std::string::npos ||
             !process->running();
    };
    EXPECT_TRUE(eventually(busy)) << one.line;
    process->signal(SIGTERM);
    const auto exit = process->wait(15s);
    ASSERT_TRUE(exit) << one.line << " does not end\n" << process->errors();
    EXPECT_EQ(exit->signal, 0) << one.line;
    // Without a terminal top ends by itself, and no role answers where these examples look.
    EXPECT_THAT(exit->code, one.begins({"top"}) ? AnyOf(0, 3) : AnyOf(0, 0)) << one.line << '\n' << process->errors();
  }
}

}  // namespace
}  // namespace wxpipe::whole_path
