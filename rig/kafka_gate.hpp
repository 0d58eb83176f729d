// A TcpGate in front of a Kafka broker. Clients connect to the address that the broker tells them, not to the one
// they were given. So a relay behind the gate puts the gate's port into the broker's answers, and clients stay on the
// gate. It can also hold back one kind of request. For one broker on 127.0.0.1.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "rig/kafka_request.hpp"
#include "rig/tcp_gate.hpp"

namespace wxpipe::rig {

class KafkaGate {
 public:
  // bootstrap: "127.0.0.1:9092"
  explicit KafkaGate(const std::string& bootstrap);
  ~KafkaGate();
  KafkaGate(const KafkaGate&) = delete;
  KafkaGate& operator=(const KafkaGate&) = delete;

  // The bootstrap servers to give to clients.
  std::string address() const;
  TcpGate& gate();

  // From now on requests of this kind wait before they reach the broker, and so do later requests on the same
  // connection, until they are let go.
  void hold(Request kind);
  bool holds() const;  // whether one waits
  void let_go();

  // The next request of this kind stays here while others of its kind pass. What the client does meanwhile (it gives
  // up, and asks again on a new connection) the broker doesn't see: the old connection stays open towards it.
  void withhold(Request kind);
  bool withholds() const;  // whether it is here
  // The broker gets it. Answers the error in the broker's answer, as it stands in those of EndTxn and AddOffsetsToTxn.
  // Throws when there is nothing withheld, or no answer.
  int16_t deliver();
  // The same without a wait. False: nothing is withheld, and nothing will be any more.
  bool release();
  // The errors in the broker's answers to all that was delivered or released.
  std::vector<int16_t> answers() const;

 private:
  class Relay;
  std::unique_ptr<Relay> relay_;
  std::unique_ptr<TcpGate> gate_;
};

}  // namespace wxpipe::rig
