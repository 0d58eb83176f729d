// ingest understands what the simulated platforms say: type, subject, tenant and bytes as promised.
#include "simulate/generator.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "simulate/topic.hpp"
#include "tests/unit/simulate/accounts.hpp"

namespace wxpipe::simulate {
namespace {
using namespace std::chrono_literals;
using test::book;
using test::callback_of;
using test::every_account;

const Timestamp kBegin = Timestamp(1'768'444'200s);  // 2026-01-15T02:30:00Z
const Address kAddress{"127.0.0.1:8080", ""};

GeneratorOptions options() {
  GeneratorOptions options;
  options.begin = kBegin;
  options.subjects = 50;
  return options;
}

// A few thousand callbacks, one each millisecond.
std::vector<Said> said(Generator& generator, int count) {
  std::vector<Said> out;
  for (int i = 0; i < count; ++i) out.push_back(generator.next(kBegin + i * 1ms));
  return out;
}

struct Heard {
  Request request;
  ingest::Interpretation interpretation;
};
Heard heard(const ingest::AccountBook& accounts, const Generator& generator, const Said& said, int attempt = 0) {
  const Timestamp at = said.at + attempt * 5s;
  Heard heard{write_request(said, generator.speaker(said.speaker), kAddress, attempt, at), {}};
  heard.interpretation = accounts.interpret(callback_of(heard.request, said.at + 1s));
  return heard;
}

TEST(Generator, SaysTheSameForTheSameSeed) {
  auto mixture = options();
  mixture.resend = 0.05, mixture.resend_changed = 0.5, mixture.poison = 0.02, mixture.strangers = 0.02;
  Generator left(every_account(), mixture), right(every_account(), mixture);
  const auto first = said(left, 3000), second = said(right, 3000);
  for (size_t i = 0; i < first.size(); ++i) {
    const auto& speaker = left.speaker(first[i].speaker);
    ASSERT_EQ(write_request(first[i], speaker, kAddress, 0, kBegin).bytes,
              write_request(second[i], right.speaker(second[i].speaker), kAddress, 0, kBegin).bytes)
        << "callback " << i;
  }
}

TEST(Generator, SaysSomethingElseForAnotherSeedOrBeginning) {
  auto other_seed = options(), later = options();
  other_seed.seed = 2;
  later.begin += 1s;
  std::set<std::string> bodies;
  for (const auto& each : {options(), other_seed, later}) {
    Generator generator(every_account(), each);
    for (auto& one : said(generator, 1000)) bodies.insert(std::move(one.body));
  }
  EXPECT_EQ(bodies.size(), 3000u);
}

TEST(Generator, IsUnderstoodAsPromised) {
  const auto accounts = book();
  Generator generator(every_account(), options());
  for (const auto& one : said(generator, 20'000)) {
    const auto [request, interpretation] = heard(accounts, generator, one);
    const auto* accepted = std::get_if<ingest::Accepted>(&interpretation);
    const auto& account = generator.speaker(one.speaker).account.name;
    ASSERT_NE(accepted, nullptr) << account << ' ' << one.type << ' ' << one.body;
    const auto& event = accepted->event;
    ASSERT_EQ(event.type, one.type) << account << ' ' << one.body;
    ASSERT_EQ(event.subject, one.subject) << account << ' ' << one.body;
    ASSERT_EQ(event.tenant, one.tenant) << account << ' ' << one.body;
    ASSERT_EQ(event.account, account);
    ASSERT_FALSE(accepted->address_mismatch) << account << ' ' << one.body;
    ASSERT_EQ(event.raw == one.body, !one.credentials) << account << ' ' << one.body;
    ASSERT_NE(event.raw.find(generator.token(one.serial)), std::string::npos) << one.body;
  }
}

TEST(Generator, SpeaksOfEveryTopicOfEveryAccount) {
  Generator generator(every_account(), options());
  std::map<size_t, std::set<std::string_view>> heard_of;
  for (const auto& one : said(generator, 40'000)) heard_of[one.speaker].insert(one.type);
  size_t types = 0;
  for (size_t i = 0; i < every_account().size(); ++i) {
    std::set<std::string_view> expected;
    for (const auto& topic : topics(generator.speaker(i).account.kind)) expected.insert(topic.type);
    EXPECT_EQ(heard_of[i], expected) << generator.speaker(i).account.name;
    types += expected.size();
  }
  EXPECT_GT(types, 150u);
}

TEST(Generator, WritesBothNotationsWhereThePlatformHasBoth) {
  Generator generator(every_account(), options());
  std::map<std::string, std::set<BodyFormat>> notations;
  for (const auto& one : said(generator, 5000))
    notations[generator.speaker(one.speaker).account.name].insert(one.format);
  EXPECT_EQ(notations["mini_program"], (std::set{BodyFormat::xml, BodyFormat::json}));
  EXPECT_EQ(notations["official_account"], std::set{BodyFormat::xml});
  EXPECT_EQ(notations["wework_bot"], std::set{BodyFormat::json});
}

TEST(Generator, HearsOfFollowersFirstWhenTheyJoin) {
  Generator generator(every_account(), options());
  std::map<std::pair<size_t, std::string>, bool> following;
  for (const auto& one : said(generator, 20'000)) {
    if (generator.speaker(one.speaker).account.kind != ingest::AccountKind::official_account || one.subject.empty())
      continue;
    bool& follows = following[{one.speaker, one.subject}];
    ASSERT_EQ(one.type == "follower.subscribed", !follows) << one.body;
    follows = one.type != "follower.unsubscribed";
  }
  EXPECT_GT(following.size(), 100u);
}

TEST(Generator, GivesTwoThingsOneIdentityOnlyWhenAskedTo) {
  const auto accounts = book();
  Generator generator(every_account(), options());
  std::set<std::string> identities;
  for (int i = 0; i < 5000; ++i) {  // 250 a second
    const Said one = generator.next(kBegin + i * 4ms);
    const auto understood = heard(accounts, generator, one);
    const auto& event = std::get<ingest::Accepted>(understood.interpretation).event;
    ASSERT_TRUE(identities.insert(event.account + '|' + event.tenant + '|' + event.identity).second)
        << event.identity << ' ' << one.body;
  }
}

TEST(Generator, CountsWhatIsSaidUnderEachKey) {
  auto mixture = options();
  mixture.resend = 0.1, mixture.resend_changed = 0.3, mixture.poison = 0.05, mixture.strangers = 0.05;
  Generator generator(every_account(), mixture);
  std::map<uint32_t, uint64_t> next;
  std::map<uint32_t, std::string> names;
  for (const auto& one : said(generator, 10'000)) {
    if (one.key == kNoKey || one.resend == Resend::same) continue;
    ASSERT_LE(one.key, names.size()) << "numbered one after the other";
    ASSERT_EQ(one.order, next[one.key]++) << one.body;
    const auto name = generator.speaker(one.speaker).account.name + '|' + one.tenant + '|' + one.subject;
    ASSERT_EQ(names.try_emplace(one.key, name).first->second, name);
  }
}

TEST(Generator, RetriesHaveOtherBytesOutsideAndTheSameInside) {
  const auto accounts = book();
  Generator generator(every_account(), options());
  for (const auto& one : said(generator, 3000)) {
    const auto first = heard(accounts, generator, one, 0), second = heard(accounts, generator, one, 1);
    ASSERT_NE(first.request.bytes, second.request.bytes) << one.body;
    const auto& left = std::get<ingest::Accepted>(first.interpretation).event;
    const auto& right = std::get<ingest::Accepted>(second.interpretation).event;
    ASSERT_EQ(left, right) << one.body;
  }
}

TEST(Generator, RepeatsWhatItSaid) {
  auto mixture = options();
  mixture.resend = 0.2;
  const auto accounts = book();
  Generator generator(every_account(), mixture);
  std::map<uint64_t, Said> by_serial;
  int repeated = 0;
  for (auto& one : said(generator, 5000)) {
    by_serial.emplace(one.serial, one);
    if (one.resend == Resend::none) continue;
    ++repeated;
    const Said& before = by_serial.at(*one.identity_of);
    ASSERT_EQ(one.resend, Resend::same);
    ASSERT_EQ(one.body, before.body);
    ASSERT_EQ(std::get<ingest::Accepted>(heard(accounts, generator, one).interpretation).event.id,
              std::get<ingest::Accepted>(heard(accounts, generator, before).interpretation).event.id);
  }
  EXPECT_NEAR(repeated, 1000, 150);
}

TEST(Generator, SaysWhatADayBrings) {
  auto day = a_day();
  day.begin = kBegin;
  Generator generator(every_account(), day);
  std::set<std::string> people;
  int repeated = 0, late = 0, poison = 0;
  std::map<uint64_t, uint64_t> place;  // of a serial, among all
  const auto all = said(generator, 20'000);
  for (uint64_t i = 0; i < all.size(); ++i) {
    const auto& one = all[i];
    place[one.serial] = i;
    people.insert(one.subject);
    poison += one.poison && one.resend == Resend::none ? 1 : 0;
    if (one.resend == Resend::none) continue;
    ++repeated;
    late += i - place.at(*one.identity_of) > 4096 ? 1 : 0;
  }
  EXPECT_NEAR(repeated, 1000, 150);
  EXPECT_NEAR(late, 94, 40);  // a fifth of them are of any time, about half of those from further back than 4,096
  EXPECT_NEAR(poison, 40, 25);
  EXPECT_GT(people.size(), 3'000u);
}

TEST(Generator, SaysOtherThingsUnderTheSameIdentity) {
  auto mixture = options();
  mixture.resend = 0.3, mixture.resend_changed = 1;
  const auto accounts = book();
  Generator generator(every_account(), mixture);
  std::map<uint64_t, Said> by_serial;
  int changed = 0;
  for (auto& one : said(generator, 5000)) {
    by_serial.emplace(one.serial, one);
    if (one.resend != Resend::changed) continue;
    ++changed;
    const auto now = heard(accounts, generator, one),
               before = heard(accounts, generator, by_serial.at(*one.identity_of));
    const auto& left = std::get<ingest::Accepted>(now.interpretation).event;
    const auto& right = std::get<ingest::Accepted>(before.interpretation).event;
    ASSERT_EQ(left.identity, right.identity) << one.body;
    ASSERT_NE(left.id, right.id) << one.body;
    ASSERT_EQ(left.type, one.type);
  }
  EXPECT_GT(changed, 1000);
}

TEST(Generator, PoisonBecomesADeadLetterOfThePromisedReasonWithTheBytesAsTheyCame) {
  auto mixture = options();
  mixture.poison = 1;
  const auto accounts = book();
  Generator generator(every_account(), mixture);
  std::map<Reason, int> reasons;
  for (const auto& one : said(generator, 10'000)) {
    const auto [request, interpretation] = heard(accounts, generator, one);
    const auto* unreadable = std::get_if<ingest::Unreadable>(&interpretation);
    const auto& account = generator.speaker(one.speaker).account.name;
    ASSERT_NE(unreadable, nullptr) << account << ' ' << to_string(*one.poison) << ' ' << one.body;
    ASSERT_EQ(to_string(unreadable->letter.reason), to_string(*one.poison)) << account << ' ' << one.body;
    ASSERT_EQ(unreadable->letter.body, request.body());
    // What a platform sends again gives the same dead letter.
    const auto again = heard(accounts, generator, one, 1);
    ASSERT_EQ(std::get<ingest::Unreadable>(again.interpretation).letter.id, unreadable->letter.id);
    ASSERT_EQ(again.request.body(), request.body());
    ++reasons[*one.poison];
  }
  EXPECT_EQ(reasons.size(), 8u);
}

TEST(Generator, StrangersAreRefusedForThePromisedReason) {
  auto mixture = options();
  mixture.strangers = 1;
  const auto accounts = book();
  Generator generator(every_account(), mixture);
  std::map<ingest::Refusal, int> refusals;
  for (const auto& one : said(generator, 10'000)) {
    const auto [request, interpretation] = heard(accounts, generator, one);
    const auto* refused = std::get_if<ingest::Refused>(&interpretation);
    const auto& account = generator.speaker(one.speaker).account.name;
    ASSERT_NE(refused, nullptr) << account << ' ' << to_string(*one.stranger) << ' ' << request.bytes;
    ASSERT_EQ(to_string(refused->refusal), to_string(*one.stranger)) << account << ' ' << request.bytes;
    ++refusals[*one.stranger];
  }
  EXPECT_EQ(refusals.size(), 7u);
}

TEST(Generator, KeepsToTheTypesItIsGiven) {
  auto some = options();
  some.types = {"menu.clicked", "message.*"};
  Generator generator(every_account(), some);
  std::set<std::string_view> types;
  for (const auto& one : said(generator, 5000)) types.insert(one.type);
  EXPECT_TRUE(types.contains("menu.clicked"));
  for (const auto type : types) EXPECT_TRUE(type == "menu.clicked" || type.starts_with("message.")) << type;
  some.types = {"no.such_type"};
  EXPECT_THROW(Generator(every_account(), some), UsageError);
}

TEST(Generator, FillsBodiesUpToASize) {
  auto large = options();
  large.body_bytes = 1024;
  const auto accounts = book();
  Generator generator(every_account(), large);
  for (const auto& one : said(generator, 1000)) {
    ASSERT_GE(one.body.size(), 1024u);
    ASSERT_LE(one.body.size(), 1400u) << one.body;
    ASSERT_TRUE(std::holds_alternative<ingest::Accepted>(heard(accounts, generator, one).interpretation));
  }
}

}  // namespace
}  // namespace wxpipe::simulate
