// A changed configuration while callbacks arrive: no connection ends, no callback is refused or lost.
#include <algorithm>
#include <array>

#include "tests/integration/ingest/ingest_fixture.hpp"

namespace wxpipe::ingest::test {
namespace {

class IngestReloadTest : public IngestTest {
 protected:
  // The plain account with this token, and with the one before.
  config::Settings with_tokens(const std::string& current, const std::string& previous) const {
    auto changed = settings();
    for (auto& account : changed.accounts)
      if (account.name == "plain") {
        account.token = Secret(current);
        account.previous_token = Secret(previous);
      }
    return changed;
  }
};

// As with [accounts_from]: rotate, switch, finish; a hundred times. Senders sign with whatever is current when they
// write, so at each moment both of the tokens in use arrive.
TEST_F(IngestReloadTest, AHundredRotationsUnderLoadLoseNothing) {
  constexpr int kRotations = 100;
  const auto token = [](int number) { return "token" + std::to_string(number); };
  RunningIngest ingest(with_tokens(token(0), ""));
  std::atomic<int> current = 0, accepted = 0, other = 0, broken = 0;
  std::array<std::atomic<int>, 4> answered_under{};  // by sender: the token of its last answer
  std::vector<std::jthread> senders;
  for (int sender = 0; sender < 4; ++sender)
    senders.emplace_back([&, sender](const std::stop_token& stop) {
      auto client = ingest.client();
      try {
        for (int i = 0; !stop.stop_requested(); ++i) {
          const int under = current;
          const auto request = clear_request("plain", text_message(sender * 1'000'000 + i), token(under), now_text());
          client.send_bytes(support::to_bytes(http(request), "wxpipe"));  // always on its first connection
          (client.receive().status == 200 ? accepted : other)++;
          answered_under[static_cast<size_t>(sender)] = under;
        }
      } catch (const support::HttpError&) {
        ++broken;
      }
    });
  for (int i = 1; i <= kRotations; ++i) {
    ingest.take(with_tokens(token(i), token(i - 1)));
    // Threads take new accounts between two callbacks: the first one under the new token may still be early.
    ASSERT_TRUE(eventually([&] {
      return ingest.client()
                 .send(http(clear_request("plain", text_message(900'000'000 + i), token(i), now_text())))
                 .status == 200;
    }));
    current = i;
    ASSERT_TRUE(eventually([&] {
      return broken > 0 || std::ranges::all_of(answered_under, [&](const auto& under) { return under == i; });
    })) << "no sender uses the old token any more";
  }
  senders.clear();
  EXPECT_EQ(other, 0);
  EXPECT_EQ(broken, 0);
  ingest.stop();
  std::set<std::string> stored;
  for (const auto& event : events()) stored.insert(event.msg_id);
  EXPECT_EQ(static_cast<int>(stored.size()), accepted + kRotations);
}

TEST_F(IngestReloadTest, AccountsComeAndGo) {
  auto few = settings();
  std::erase_if(few.accounts, [](const auto& account) { return account.name != "plain"; });
  RunningIngest ingest(few);
  auto client = ingest.client();
  const auto compatible = http(clear_request("compatible", text_message(1), kToken, now_text()));
  EXPECT_EQ(client.send(compatible).status, 404);
  ingest.take(settings());
  EXPECT_TRUE(eventually([&] { return client.send(compatible).status != 404; }));
  ingest.take(few);
  EXPECT_TRUE(eventually([&] { return client.send(compatible).status == 404; }));
  EXPECT_EQ(client.send(http(plain(2))).status, 200);
}

TEST_F(IngestReloadTest, WhatIsWrongIsRefusedBeforeAnythingChanges) {
  RunningIngest ingest(settings());
  auto wrong = settings();
  wrong.accounts.front().encoding_aes_key = Secret("too short");
  EXPECT_THROW(ingest.take(wrong), UsageError);
  auto no_key = settings();
  no_key.sealing.key = {};
  EXPECT_THROW(ingest.take(no_key), UsageError);
  EXPECT_EQ(ingest.client().send(http(plain(1))).status, 200);
}

}  // namespace
}  // namespace wxpipe::ingest::test
