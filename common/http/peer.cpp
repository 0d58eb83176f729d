#include "common/http/peer.hpp"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <future>
#include <thread>

namespace wxpipe::http {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

std::vector<tcp::endpoint> resolve(const Url& url, SteadyTime deadline) {
  error_code error;
  if (const auto address = asio::ip::make_address(url.host, error); !error)
    return {{address, static_cast<uint16_t>(std::stoi(url.port))}};
  // The system's look-up can't be interrupted. So it runs in its own thread, and we stop waiting for it at the
  // deadline.
  std::packaged_task<std::vector<tcp::endpoint>()> look_up([host = url.host, port = url.port] {
    asio::io_context io;
    std::vector<tcp::endpoint> endpoints;
    for (const auto& found : tcp::resolver(io).resolve(host, port)) endpoints.push_back(found.endpoint());
    return endpoints;
  });
  auto found = look_up.get_future();
  std::thread(std::move(look_up)).detach();
  if (found.wait_until(deadline) != std::future_status::ready)
    throw Error(Failure::timed_out, fmt::format("{} can't be resolved in time", url.host));
  try {
    return found.get();
  } catch (const boost::system::system_error& failed) {
    throw Error(Failure::unreachable, fmt::format("{} can't be resolved: {}", url.host, failed.code().message()));
  }
}

asio::ssl::context tls_context(const std::string& ca_file) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  error_code error;
  if (ca_file.empty())
    context.set_default_verify_paths(error);
  else
    context.load_verify_file(ca_file, error);
  if (error)
    throw UsageError(fmt::format("certificates to trust can't be read from {}: {}",
                                 ca_file.empty() ? "the system's folders" : ca_file, error.message()));
  return context;
}

void Stream::add_tls(asio::ssl::context& context, const std::string& name, bool verify) {
  tls.emplace(socket, context);
  if (verify) {
    tls->set_verify_mode(asio::ssl::verify_peer);
    tls->set_verify_callback(asio::ssl::host_name_verification(name));
  }
  error_code is_a_name;  // SNI is for names only, not for addresses (RFC 6066)
  asio::ip::make_address(name, is_a_name);
  // What the macro SSL_set_tlsext_host_name does, without its old-style cast.
  if (is_a_name)
    SSL_ctrl(tls->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(name.c_str()));
}

}  // namespace wxpipe::http
