// A whole simulation against a server that runs ingest's own interpretation behind a socket.
#include "simulate/simulation.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "common/crypto/digest.hpp"
#include "rig/ledger.hpp"
#include "rig/temporary_folder.hpp"
#include "tests/unit/simulate/accounts.hpp"
#include "tests/unit/simulate/answering_server.hpp"

namespace wxpipe::simulate {
namespace {
using namespace std::chrono_literals;
using test::AnsweringServer;

std::string response(const ingest::Reply& reply) {
  return fmt::format("HTTP/1.1 {} x\r\nContent-Length: {}\r\n\r\n{}", reply.status, reply.body.size(), reply.body);
}

std::string hex_sha256(std::string_view bytes) {
  std::string text;
  for (const auto byte : crypto::sha256(std::array{bytes})) text += fmt::format("{:02x}", byte);
  return text;
}

// What ingest would have kept, by the hash that the ledger gives.
class Ingest {
 public:
  std::string answer(const std::string& bytes) {
    const Request request{bytes, bytes.find("\r\n\r\n") + 4};
    const auto interpretation = accounts_.interpret(test::callback_of(request, system_clock().now()));
    const std::lock_guard lock(mutex_);
    if (const auto* accepted = std::get_if<ingest::Accepted>(&interpretation)) {
      events.emplace(accepted->event.id, accepted->event);
      return response(accepted->reply);
    }
    if (const auto* unreadable = std::get_if<ingest::Unreadable>(&interpretation)) {
      letters.emplace(unreadable->letter.id, unreadable->letter);
      return response(unreadable->reply);
    }
    return response({status_of(std::get<ingest::Refused>(interpretation).refusal), {}});
  }

  std::map<Uuid, schemas::Event> events;
  std::map<Uuid, schemas::DeadLetter> letters;

 private:
  ingest::AccountBook accounts_ = test::book();
  std::mutex mutex_;
};

SimulationOptions options(const AnsweringServer& server, const std::string& ledger) {
  SimulationOptions options;
  options.url = fmt::format("http://127.0.0.1:{}", server.port());
  options.ledger = ledger;
  options.sending.connections = 8;
  options.sending.count = 3000;
  options.sending.retry_spacing = 5ms;
  options.content.resend = 0.1;
  options.content.resend_changed = 0.2;
  options.content.poison = 0.05;
  options.content.strangers = 0.05;
  return options;
}

std::vector<rig::LedgerLine> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<rig::LedgerLine> lines;
  for (std::string text; std::getline(file, text);) lines.push_back(rig::decode_ledger_line(text).value());
  return lines;
}

TEST(Simulation, LedgerIsTheTruthAboutWhatTheServerGot) {
  const rig::TemporaryFolder folder;
  const auto ledger = (folder / "ledger.jsonl").string();
  Ingest ingest;
  // Every eleventh answer gets lost although the callback was kept: the platform sends it again.
  AnsweringServer server(test::http_requests, [&](const std::string& request, int before) {
    const auto answer = ingest.answer(request);
    return before % 11 == 5 ? std::string("HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n") : answer;
  });
  auto how = options(server, ledger);
  how.sending.attempts = 20;
  const auto report = Simulation(test::every_account(), how).run();
  EXPECT_TRUE(report.is_fine());
  EXPECT_EQ(report.planned, 3000u);
  EXPECT_GT(report.retries, 200u);

  const auto lines = lines_of(ledger);
  ASSERT_EQ(lines.size(), 3000u);
  std::multiset<std::string> stored, dead;
  for (const auto& [id, event] : ingest.events) stored.insert(hex_sha256(event.raw));
  for (const auto& [id, letter] : ingest.letters) dead.insert(hex_sha256(letter.body));
  size_t events = 0, letters = 0, acknowledged = 0;
  std::set<std::string> letters_seen;
  for (const auto& line : lines) {
    acknowledged += line.acked;
    if (line.stranger) {
      EXPECT_FALSE(line.acked);
      continue;
    }
    EXPECT_TRUE(line.acked) << line.serial;
    if (line.poison) {
      EXPECT_EQ(dead.count(line.body_sha256), 1u) << *line.poison;
      letters += letters_seen.insert(line.body_sha256).second;
    } else if (line.resend != Resend::same) {
      ++events;
    }
    if (!line.poison && !line.sealed) {
      EXPECT_EQ(stored.count(line.body_sha256), 1u) << line.serial;
    }
  }
  EXPECT_EQ(events, ingest.events.size());
  EXPECT_EQ(letters, ingest.letters.size());
  EXPECT_EQ(acknowledged, report.acknowledged);
}

TEST(Simulation, SaysWhatWasNeverAcknowledged) {
  const rig::TemporaryFolder folder;
  const auto ledger = (folder / "ledger.jsonl").string();
  AnsweringServer server(test::http_requests,
                         [](auto&, int) { return std::string("HTTP/1.1 503 x\r\nContent-Length: 0\r\n\r\n"); });
  auto how = options(server, ledger);
  how.sending.count = 50;
  how.content.strangers = 0;
  const auto report = Simulation(test::every_account(), how).run();
  EXPECT_FALSE(report.is_fine());
  EXPECT_EQ(report.never_acknowledged, 50u);
  EXPECT_EQ(report.attempts, 150u);
  for (const auto& line : lines_of(ledger)) {
    EXPECT_FALSE(line.acked);
    EXPECT_EQ(line.attempts, 3);
    EXPECT_EQ(line.status, 503u);
    EXPECT_EQ(line.acked_at, std::nullopt);
  }
}

TEST(Simulation, NoticesAServerThatLetsStrangersIn) {
  AnsweringServer server(test::http_requests, [](auto&, int) { return response({200, "success"}); });
  auto how = options(server, {});
  how.sending.count = 20;
  how.content.strangers = 1;
  const auto report = Simulation(test::every_account(), how).run();
  EXPECT_FALSE(report.is_fine());
  EXPECT_EQ(report.strangers_let_in, 20u);
}

TEST(Simulation, SendsWhatWasPreparedAndThenTheRest) {
  const rig::TemporaryFolder folder;
  const auto ledger = (folder / "ledger.jsonl").string();
  Ingest ingest;
  AnsweringServer server(test::http_requests, [&](const std::string& request, int) { return ingest.answer(request); });
  auto how = options(server, ledger);
  how.sending.count = 600;
  how.prepared = 400;
  how.content.resend = how.content.poison = how.content.strangers = 0;
  const auto report = Simulation(test::every_account(), how).run();
  EXPECT_EQ(report.acknowledged, 600u);
  EXPECT_EQ(ingest.events.size(), 600u);
  std::set<uint64_t> serials;
  for (const auto& line : lines_of(ledger)) serials.insert(line.serial);
  EXPECT_EQ(serials.size(), 600u);
}

TEST(Simulation, SaysThatNobodyIsThereBeforeItBegins) {
  uint16_t port = 0;
  {
    const auto listener = rig::listening(0);
    port = rig::local_port(listener);
  }
  SimulationOptions how;
  how.url = fmt::format("http://127.0.0.1:{}", port);
  EXPECT_THROW(Simulation(test::every_account(), how), Unavailable);
  how.url = "127.0.0.1";
  EXPECT_THROW(Simulation(test::every_account(), how), UsageError);
}

}  // namespace
}  // namespace wxpipe::simulate
