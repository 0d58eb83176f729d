#include "ingest/http/peers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/result.hpp"

namespace wxpipe::ingest::http {
namespace {
IpAddress key(const IpAddress& address) { return address.is_v4() ? address : first_bits(address, 64); }
}  // namespace

std::vector<IpNetwork> proxy_networks(const config::IngestSettings& settings) {
  std::vector<IpNetwork> networks;
  for (const auto& text : settings.proxies)
    if (const auto network = parse_ip_network(text))
      networks.push_back(*network);
    else
      throw UsageError(fmt::format("ingest.proxies: {} is no address and no network", text));
  return networks;
}

Peers::Peers(std::vector<IpNetwork> proxies, size_t most_per_address)
    : proxies_(std::move(proxies)),
      most_per_address_(most_per_address) {}

bool Peers::is_full(const IpAddress& address) const {
  const auto found = peers_.find(key(address));
  return found != peers_.end() && found->second.connections >= most_per_address_ &&
         std::none_of(proxies_.begin(), proxies_.end(),
                      [&](const IpNetwork& network) { return network.contains(address); });
}

void Peers::enter(Guest& guest, const IpAddress& address) {
  Peer& peer = peers_[key(address)];
  peer.address = key(address);
  ++peer.connections;
  guest.peer = &peer;
}

void Peers::leave(Guest& guest) {
  end_idle(guest);
  Peer& peer = *std::exchange(guest.peer, nullptr);
  if (--peer.connections == 0) peers_.erase(IpAddress(peer.address));
}

void Peers::begin_idle(Guest& guest) {
  if (guest.idle()) return;
  idle_.push_back(guest);
  guest.peer->idle.push_back(guest);
}

void Peers::end_idle(Guest& guest) {
  guest.among_all.unlink();
  guest.of_its_peer.unlink();
}

Guest* Peers::idle_longest() { return idle_.empty() ? nullptr : &idle_.front(); }

Guest* Peers::idle_longest(const IpAddress& address) {
  const auto found = peers_.find(key(address));
  return found == peers_.end() || found->second.idle.empty() ? nullptr : &found->second.idle.front();
}

}  // namespace wxpipe::ingest::http
