// What a platform adds tomorrow is kept: generated members that nobody knows, in XML and JSON, nested, repeated, long,
// go through ingest and process into Postgres, and stand in `attributes` as docs/event-types.md ("Attributes") says.
// That rule is written a second time here, over the generated tree instead of the body.
#include <gtest/gtest.h>

#include <cctype>
#include <deque>
#include <optional>
#include <random>
#include <set>

#include "common/json/write.hpp"
#include "processors/process_batch.hpp"
#include "processors/steps.hpp"
#include "sinks/batch_writer.hpp"
#include "sinks/families.hpp"
#include "tests/integration/sinks/facts.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/stack.hpp"
#include "tests/unit/ingest/platform_side.hpp"

namespace wxpipe::sinks {
namespace {
using namespace testing;
using namespace ingest::test;

std::string json_text(std::string_view text) {
  std::string out;
  json::append_string(out, text);
  return out;
}

struct Tree {
  enum class Kind { text, number, null, object, list };
  Kind kind = Kind::text;
  std::string text{};  // of an element with children, the text beside them; of a number, as it is written
  std::vector<std::pair<std::string, Tree>> members{};
  std::vector<Tree> items{};
};
using Members = std::vector<std::pair<std::string, Tree>>;

// The rule. Equal names are one list, of all that stands in their lists too; null is absent; numbers are texts; the
// rest stands as it stood.
std::string rule(const Tree& tree);
std::string rule(const std::vector<const Tree*>& items) {
  std::string out;
  for (const auto* item : items)
    if (item->kind != Tree::Kind::null) out += (out.empty() ? "" : ",") + rule(*item);
  return "[" + out + "]";
}
std::vector<const Tree*> items_of(const Tree& list) {
  std::vector<const Tree*> items;
  for (const auto& item : list.items) items.push_back(&item);
  return items;
}
std::string rule(const Members& members) {
  std::string out;
  std::set<std::string> done;
  for (const auto& [name, first] : members) {
    if (!done.insert(name).second) continue;
    std::vector<const Tree*> values, all;
    for (const auto& [other, value] : members)
      if (other == name && value.kind != Tree::Kind::null) values.push_back(&value);
    if (values.empty()) continue;
    for (const auto* value : values)
      for (const auto* item : value->kind == Tree::Kind::list ? items_of(*value) : std::vector{value})
        all.push_back(item);
    out += (out.empty() ? "" : ",") + json_text(name) + ":" + (values.size() == 1 ? rule(*values[0]) : rule(all));
  }
  return out;
}
std::string rule(const Tree& tree) {
  if (tree.kind == Tree::Kind::object) {
    const auto beside = tree.text.empty() ? std::string() : R"("":)" + json_text(tree.text) + ",";
    return "{" + beside + rule(tree.members) + "}";
  }
  if (tree.kind == Tree::Kind::list) return rule(items_of(tree));
  return json_text(tree.text);
}

// Makes members that no table of words has, and writes them as a platform would.
class Unknown {
 public:
  Unknown(unsigned seed, bool is_json) : random_(seed), is_json_(is_json) {
    const int count = 1 + pick(6);
    for (int i = 0; i < count; ++i) add(members_, pick(8) == 0 ? kDeep : kShallow);
    if (pick(4) == 0) members_.emplace_back(name(true), Tree{.text = long_text()});
  }

  const Members& members() const { return members_; }
  std::string written() { return is_json_ ? json(members_) : xml(members_); }

 private:
  using Kind = Tree::Kind;
  static constexpr int kShallow = 4, kDeep = 20;

  int pick(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }
  template <class List>
  auto& one_of(List& list) {
    return list[static_cast<size_t>(pick(static_cast<int>(std::size(list))))];
  }

  // No credential and no word of any table can come of these letters.
  std::string name(bool may_be_long = false) {
    static const std::vector<std::string> kPlain{"a", "B", "c", "D", "e", "F", "g", "h", "7", "_", "-", "中", "é"};
    static const std::vector<std::string> kOdd{"\"", "\\", " ", "/", "😀", "\t", "<", "&"};
    std::string text = "n";
    for (int left = may_be_long && pick(4) == 0 ? 200 : 1 + pick(6); left > 0; --left)
      text += is_json_ && pick(6) == 0 ? one_of(kOdd) : one_of(kPlain);
    return text + "h";
  }
  std::string text() {
    static const std::vector<std::string> kPieces{"a",  "Z",   "0",  "中文", "😀",  "é",    "&",     "<",   ">",
                                                  "\"", "'",   "\\", "]]>",  "\n", "\t",   "{",     "}",   "%41",
                                                  "=",  "<b>", " ",  "null", "1",  "true", "&amp;", "\\u", "/"};
    std::string text;
    for (int left = pick(12); left > 0; --left) text += one_of(kPieces);
    return text;
  }
  std::string long_text() {
    std::string out;
    for (int left = 500 + pick(8000); left > 0; --left) out += left % 7 == 0 ? "长" : "l";
    return out;
  }

  // One member, or several of the same name.
  void add(Members& members, int depth) {
    const auto called = name();
    const int times = depth <= kShallow && pick(5) == 0 ? 2 + pick(3) : 1;
    for (int i = 0; i < times; ++i) members.emplace_back(called, tree(depth));
  }
  Tree tree(int depth) {
    if (depth > kShallow) return chain(depth);
    const int kind = pick(depth > 0 ? 10 : 4);
    if (is_json_ && kind == 3) return {.kind = Kind::null};
    if (is_json_ && kind == 2) return number();
    if (kind < 4) return {.text = text()};
    if (is_json_ && kind < 6) return list(depth);
    Tree object{.kind = Kind::object};
    if (is_json_ && pick(12) == 0) return object;  // {}
    object.members.emplace_back(name(), something(depth - 1));
    for (int left = pick(3); left > 0; --left) add(object.members, depth - 1);
    if (!is_json_ && pick(4) == 0) object.text = "beside";
    return object;
  }
  Tree something(int depth) {
    auto made = tree(depth);
    return made.kind == Kind::null ? Tree{.text = "not nothing"} : made;
  }
  // Objects (and lists) in each other, and nothing else.
  Tree chain(int depth) {
    auto inside = something(depth - 1);
    if (is_json_ && pick(3) == 0) return {.kind = Kind::list, .items = {std::move(inside)}};
    return {.kind = Kind::object, .members = {{"n", std::move(inside)}}};
  }
  Tree list(int depth) {
    Tree all{.kind = Kind::list};
    if (pick(8) == 0) return all;  // []
    all.items.push_back({.text = text()});
    for (int left = pick(4); left > 0; --left) all.items.push_back(tree(depth - 1));
    return all;
  }
  Tree number() {
    static const std::vector<std::string> kNumbers{
        "0", "-1", "9007199254740993", "12345678901234567890123", "1.50", "1e300", "-0.0", "2E+2", "true", "false"};
    return {.kind = Kind::number, .text = one_of(kNumbers)};
  }

  std::string json(const Members& members) {
    std::string out;
    for (const auto& [called, value] : members)
      out += (out.empty() ? "" : ", ") + json_text(called) + (pick(2) ? ":" : " : ") + json(value);
    return out;
  }
  std::string json(const Tree& value) {
    switch (value.kind) {
      case Kind::null:
        return "null";
      case Kind::number:
        return value.text;
      case Kind::object:
        return "{" + json(value.members) + "}";
      case Kind::list: {
        std::string items;
        for (const auto& item : value.items) items += (items.empty() ? "" : ",") + json(item);
        return "[" + items + "]";
      }
      default:
        return json_text(value.text);
    }
  }

  // Beside a text, layout would belong to the text.
  std::string xml(const Members& members, bool may_lay_out = true) {
    std::string out;
    for (const auto& [called, value] : members) {
      const auto layout = may_lay_out && pick(4) == 0 ? "\n  " : "";
      if (value.kind == Kind::text && value.text.empty() && pick(2))
        out += fmt::format("{}<{}/>", layout, called);
      else
        out += fmt::format("{}<{}>{}</{}>", layout, called,
                           value.kind == Kind::object ? escaped(value.text) + xml(value.members, value.text.empty())
                                                      : said(value.text),
                           called);
    }
    return out;
  }
  // In a CDATA section, or escaped.
  std::string said(const std::string& text) {
    const bool blank_ends = !text.empty() && (std::isspace(static_cast<unsigned char>(text.front())) ||
                                              std::isspace(static_cast<unsigned char>(text.back())));
    if (text.empty() || (!blank_ends && pick(2))) return escaped(text);
    std::string inside = text;
    for (auto at = inside.find("]]>"); at != inside.npos; at = inside.find("]]>", at + 14))
      inside.insert(at + 2, "]]><![CDATA[");
    const auto layout = pick(4) == 0 ? "\n " : "";
    return layout + ("<![CDATA[" + inside + "]]>") + layout;
  }
  static std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : std::string(1, c);
    return out;
  }

  std::mt19937 random_;
  const bool is_json_;
  Members members_;
};

// A callback around the unknown members, and the attributes that it must have.
struct Shape {
  const char* what;
  bool is_json;
  Request (*request)(int number, const std::string& unknown);
  // Beside the unknown ones, which are given as the rule has them.
  std::string (*attributes)(int number, const std::string& unknown);
};

std::string xml_of(const std::string& sender, const std::string& known, const std::string& unknown) {
  return fmt::format(
      "<xml><ToUserName>to</ToUserName><FromUserName>{}</FromUserName>{}<CreateTime>{}</CreateTime>{}</xml>", sender,
      unknown, kNow, known);
}
std::string with(const std::string& known, const std::string& unknown) {
  return "{" + known + (known.empty() || unknown.empty() ? "" : ",") + unknown + "}";
}

const std::vector<Shape> kShapes{
    {"a message", false,
     [](int number, const std::string& unknown) {
       return encrypted_request(
           "official_account",
           xml_of("oUser", fmt::format("<MsgType>text</MsgType><Content>hi</Content><MsgId>{}</MsgId>", number),
                  unknown),
           {.receiveid = "wxapp"});
     },
     [](int, const std::string& unknown) { return with("", unknown); }},
    {"an event that is known", false,
     [](int number, const std::string& unknown) {
       return encrypted_request(
           "official_account",
           xml_of("oUser", fmt::format("<MsgType>event</MsgType><Event>CLICK</Event><EventKey>{}</EventKey>", number),
                  unknown),
           {.receiveid = "wxapp"});
     },
     [](int number, const std::string& unknown) { return with(fmt::format(R"("EventKey":"{}")", number), unknown); }},
    {"an event that nobody knows", false,
     [](int number, const std::string& unknown) {
       return encrypted_request(
           "official_account",
           xml_of("oUser", fmt::format("<MsgType>event</MsgType><Event>brand_new</Event><Number>{}</Number>", number),
                  unknown),
           {.receiveid = "wxapp"});
     },
     [](int number, const std::string& unknown) { return with(fmt::format(R"("Number":"{}")", number), unknown); }},
    {"a customer of a member", false,
     [](int number, const std::string& unknown) {
       return encrypted_request(
           "wework_app",
           xml_of("sys",
                  fmt::format(
                      "<MsgType>event</MsgType><Event>change_external_contact</Event><ChangeType>"
                      "add_external_contact</ChangeType><UserID>zhang</UserID><ExternalUserID>wm{}</ExternalUserID>",
                      number),
                  unknown),
           {.receiveid = "wwcorp"});
     },
     [](int number, const std::string& unknown) {
       return with(fmt::format(R"("UserID":"zhang","ExternalUserID":"wm{}")", number), unknown);
     }},
    {"a command of a suite", false,
     [](int number, const std::string& unknown) {
       return encrypted_request(
           "wework_suite_command",
           fmt::format("<xml><SuiteId>wwsuite</SuiteId><InfoType>brand_new</InfoType>{}<TimeStamp>{}"
                       "</TimeStamp><AuthCorpId>ww{}</AuthCorpId></xml>",
                       unknown, kNow, number),
           {.receiveid = "wwsuite"});
     },
     [](int number, const std::string& unknown) {
       return with(fmt::format(R"("SuiteId":"wwsuite","AuthCorpId":"ww{}")", number), unknown);
     }},
    {"a message of a mini program", true,
     [](int number, const std::string& unknown) {
       return encrypted_json_request(
           "mini_program",
           with(fmt::format(R"("FromUserName":"oUser","CreateTime":{},"MsgType":"text","Content":"hi","MsgId":{})",
                            kNow, number),
                unknown),
           {.receiveid = "wxapp"}, "Encrypt");
     },
     [](int, const std::string& unknown) { return with("", unknown); }},
    {"a message to a robot", true,
     [](int number, const std::string& unknown) {
       return encrypted_json_request(
           "wework_bot",
           with(fmt::format(
                    R"("msgid":"{}","aibotid":"b","from":{{"userid":"u"}},"msgtype":"text","text":{{"content":"hi"}})",
                    number),
                unknown),
           {});
     },
     [](int, const std::string& unknown) { return with("", unknown); }},
    {"a contact of an instance", true,
     [](int number, const std::string& unknown) {
       return webhook_request(
           "wework_instance",
           fmt::format(R"({{"type":"contact.added","timestamp":"2014-09-02T12:00:00Z","data":{}}})",
                       with(fmt::format(R"("account":"d","wxid":"w{}","nickname":"王")", number), unknown)),
           fmt::format("msg_{}", number));
     },
     [](int number, const std::string& unknown) {
       return fmt::format(R"({{"timestamp":"2014-09-02T12:00:00Z","data":{}}})",
                          with(fmt::format(R"("account":"d","wxid":"w{}","nickname":"王")", number), unknown));
     }},
    {"a form", true,
     [](int number, const std::string& unknown) {
       return webhook_request("channel",
                              fmt::format(R"({{"type":"form_submit","data":{}}})",
                                          with(fmt::format(R"("lead_id":"{}")", number), unknown)),
                              fmt::format("msg_{}", number));
     },
     [](int number, const std::string& unknown) {
       return fmt::format(R"({{"data":{}}})", with(fmt::format(R"("lead_id":"{}")", number), unknown));
     }},
};

class UnknownFields : public ::testing::Test {
 protected:
  void SetUp() override {
    WXPIPE_NEEDS_STACK();
    database_ = std::make_unique<support::TemporaryDatabase>();
    connection_ = std::make_unique<postgres::Connection>(database_->url(), "test", postgres::Purpose::sink);
    std::vector<config::AccountSettings> settings;
    for (const auto* kind : {"official_account", "mini_program", "wework_app", "wework_suite_command", "wework_bot",
                             "wework_instance", "channel"})
      settings.push_back(account(kind));
    accounts_.emplace(book(settings));
  }

  schemas::Event interpret(const Request& request) const {
    const auto outcome = accounts_->interpret(request.callback());
    if (!std::holds_alternative<ingest::Accepted>(outcome)) throw std::runtime_error("not accepted: " + request.body);
    auto event = std::get<ingest::Accepted>(outcome).event;
    event.receipt = fmt::format("edge-1/boot/{}", ++receipts_);
    event.trace_id = fmt::format("{:032x}", receipts_);
    return event;
  }
  // process, and the sinks of messages and directory.
  void store(const std::vector<schemas::Event>& events) const {
    std::deque<std::string> texts;
    std::vector<processors::InputRecord> records;
    for (const auto& event : events) {
      encode(event, schemas::kEventSchema, texts.emplace_back());
      records.push_back({0, static_cast<int64_t>(records.size()), "key", texts.back(), event.received_at, {}});
    }
    processors::Windows windows;
    windows.emplace(0, processors::RecentIds(600s));
    const config::Settings settings;
    const auto effects =
        processors::process_batch(records, processors::make_steps(settings), windows, {"t", kReceivedAt});
    EXPECT_EQ(effects.counts.processed, events.size());
    for (const auto* of : {"messages", "directory"}) {
      Records values;
      for (const auto& record : effects.records)
        if (record.topic == family(of).topic.name) values.add(std::string(record.value()));
      write(of, values);
    }
  }
  void write(std::string_view of, const Records& records) const {
    if (records.all().empty()) return;
    const kafka::Partition partition{std::string(of), 0};
    ReadBatch batch(make_sink(family(of)));
    const config::SinkSettings settings;
    const OffsetStore offsets("group", "me");
    const support::ManualClock clock{noon()};
    BatchWriter writer(family(of), offsets, settings, "me", clock);
    const auto claim = offsets.claim(*connection_, {&partition, 1}, "cluster").at(0);
    const Advance step{partition, claim.epoch, claim.next_offset,
                       claim.next_offset + static_cast<int64_t>(records.all().size())};
    batch.read(records.all());
    BatchOutcome outcome;
    writer.write(*connection_, batch, {&step, 1}, outcome);
    EXPECT_EQ(outcome.dead_letters, std::vector<schemas::DeadLetter>{});
  }

  std::unique_ptr<support::TemporaryDatabase> database_;
  std::unique_ptr<postgres::Connection> connection_;
  std::optional<ingest::AccountBook> accounts_;
  mutable int receipts_ = 0;
};

TEST_F(UnknownFields, StayInAttributesAsTheyStandInTheBody) {
  struct Sent {
    std::string what, unknown, written, attributes;
  };
  constexpr int kOfEachShape = 60;
  std::vector<schemas::Event> events;
  std::vector<Sent> sent;
  for (const auto& shape : kShapes)
    for (int i = 0; i < kOfEachShape; ++i) {
      const auto number = static_cast<int>(events.size());
      Unknown unknown(static_cast<unsigned>(number), shape.is_json);
      const auto written = unknown.written(), members = rule(unknown.members());
      events.push_back(interpret(shape.request(number, written)));
      sent.push_back({shape.what, members, written, shape.attributes(number, members)});
    }
  store(events);

  for (size_t i = 0; i < events.size(); ++i) {
    const auto& [what, unknown, written, attributes] = sent[i];
    SCOPED_TRACE(fmt::format("seed {}, {}\n{}", i, what, written));
    const auto id = to_string(events[i].id);
    const auto row = connection_->execute(
        "select attributes = $1::text::jsonb, body = $2::text, attributes::text from messages where event_id = $3::text::uuid",
        postgres::Parameters().text(attributes).text(events[i].raw).text(id));
    ASSERT_EQ(row.size(), 1u);
    EXPECT_EQ(row.text(0, 0), "t") << "expected " << attributes << "\ngot      " << row.text(0, 2);
    EXPECT_EQ(row.text(0, 1), "t");
    EXPECT_NE(events[i].raw.find(written), std::string::npos) << "the body has the bytes";
    if (!events[i].type.starts_with("contact.")) continue;
    // What is told of a contact is kept with it, and no word of it is left out there either.
    const auto told = connection_->execute(
        "select told @> $1::text::jsonb, told::text from directory_history where event_id = $2::text::uuid and kind = "
        "'contact'",
        postgres::Parameters().text(with("", unknown)).text(id));
    ASSERT_EQ(told.size(), 1u);
    EXPECT_EQ(told.text(0, 0), "t") << "expected " << unknown << "\ngot " << told.text(0, 1);
  }
}

// A limit keeps the rows small where somebody sends thousands of texts. Even then nothing is lost: the body is whole.
TEST_F(UnknownFields, BeyondTheLimitAreInTheBodyAndTheRowSaysSo) {
  std::string many, large;
  for (int i = 0; i < 5000; ++i) many += fmt::format("<n{0}>{0}</n{0}>", i);
  for (int i = 0; i < 9; ++i) large += fmt::format("<n{}>{}</n{}>", i, std::string(80'000, 'l'), i);
  std::vector<schemas::Event> events;
  for (const auto& unknown : {many, large})
    events.push_back(interpret(kShapes[0].request(static_cast<int>(events.size()), unknown)));
  store(events);
  for (const auto& event : events) {
    const auto row = connection_->execute(
        "select attributes ->> 'attributes_cut', attributes ->> 'n0' <> '', body = $1::text from messages where event_id = "
        "$2::text::uuid",
        postgres::Parameters().text(event.raw).text(to_string(event.id)));
    ASSERT_EQ(row.size(), 1u);
    EXPECT_EQ(row.text(0, 0) + row.text(0, 1) + row.text(0, 2), "truett");
  }
}

}  // namespace
}  // namespace wxpipe::sinks
