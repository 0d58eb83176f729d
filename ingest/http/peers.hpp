// Whose connections are open, and which of them are idle: so that one address can't take them all, and so that a new
// connection can take the place of the one that has been idle the longest. No step takes longer with more connections.
// One per server; its io thread only. Knows no sockets.
#pragma once

#include <boost/intrusive/list.hpp>
#include <map>
#include <vector>

#include "common/config/settings.hpp"
#include "common/ip_network.hpp"

namespace wxpipe::ingest::http {

// [ingest] proxies. Throws UsageError.
std::vector<IpNetwork> proxy_networks(const config::IngestSettings& settings);

struct Peer;

// A connection, as Peers knows it. Must not move between enter and leave.
struct Guest {
  using Hook = boost::intrusive::list_member_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

  bool idle() const { return among_all.is_linked(); }

  Hook among_all, of_its_peer;  // linked while it is idle
  Peer* peer = nullptr;
};

template <Guest::Hook Guest::*hook>
using IdleGuests = boost::intrusive::list<Guest, boost::intrusive::member_hook<Guest, Guest::Hook, hook>,
                                          boost::intrusive::constant_time_size<false>>;  // the longest idle first

// One address with connections. All addresses of a 64 bit network of IPv6 are one: a single sender can have them all.
struct Peer {
  IpAddress address;
  size_t connections = 0;
  IdleGuests<&Guest::of_its_peer> idle{};
};

class Peers {
 public:
  // Addresses of these networks have no limit: proxies, behind which many senders look like one.
  Peers(std::vector<IpNetwork> proxies, size_t most_per_address);

  bool is_full(const IpAddress& address) const;
  void enter(Guest& guest, const IpAddress& address);
  void leave(Guest& guest);

  // The guest waits for its next request, or no longer.
  void begin_idle(Guest& guest);
  void end_idle(Guest& guest);
  // Null: none is idle.
  Guest* idle_longest();
  Guest* idle_longest(const IpAddress& address);

 private:
  const std::vector<IpNetwork> proxies_;
  const size_t most_per_address_;
  std::map<IpAddress, Peer> peers_;
  IdleGuests<&Guest::among_all> idle_;
};

}  // namespace wxpipe::ingest::http
