#include "rig/http_client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace wxpipe::rig {
namespace {
bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::optional<std::string> find_header(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (same_word(key, name)) return value;
  return std::nullopt;
}

[[noreturn]] void throw_errno(const char* what) { throw HttpError(std::string(what) + ": " + std::strerror(errno)); }

size_t to_size(const std::string& text, int base) {
  size_t end = 0;
  try {
    const auto size = std::stoull(text, &end, base);
    if (end != 0) return size;
  } catch (const std::exception&) {
    // Said below, with the text.
  }
  throw HttpError("not a length: '" + text + "'");
}
}  // namespace

std::optional<std::string> HttpResponse::header(std::string_view name) const { return find_header(headers, name); }

std::string to_bytes(const HttpRequest& request, const std::string& host) {
  std::string bytes = request.method + " " + request.target + " HTTP/1.1\r\n";
  if (!find_header(request.headers, "Host")) bytes += "Host: " + host + "\r\n";
  const bool says_length =
      find_header(request.headers, "Content-Length") || find_header(request.headers, "Transfer-Encoding");
  if (!says_length && (!request.body.empty() || request.method == "POST"))
    bytes += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  for (const auto& [name, value] : request.headers) bytes += name + ": " + value + "\r\n";
  return bytes + "\r\n" + request.body;
}

HttpClient::HttpClient(std::string host, uint16_t port, std::chrono::milliseconds patience)
    : host_(std::move(host)),
      port_(port),
      patience_(patience) {}

void HttpClient::connect() {
  try {
    socket_ = connected(host_, port_);
  } catch (const std::system_error& error) {
    throw HttpError(error.what());
  }
  unread_.clear();
  ending_ = false;
  const timeval limit{.tv_sec = patience_.count() / 1000, .tv_usec = patience_.count() % 1000 * 1000};
  if (::setsockopt(socket_.handle(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0 ||
      ::setsockopt(socket_.handle(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) != 0)
    throw_errno("setsockopt");
}

void HttpClient::close() {
  socket_.close();
  unread_.clear();
}

HttpResponse HttpClient::send(const HttpRequest& request) {
  if (socket_) {
    // Readable before we asked: the server has closed it.
    pollfd ready{.fd = socket_.handle(), .events = POLLIN, .revents = 0};
    if (ending_ || ::poll(&ready, 1, 0) > 0) close();
  }
  send_bytes(to_bytes(request, host_ + ":" + std::to_string(port_)));
  return receive(request.method == "HEAD");
}

void HttpClient::send_bytes(std::string_view bytes) {
  if (!socket_) connect();
  while (!bytes.empty()) {
    const auto sent = ::send(socket_.handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EPIPE || errno == ECONNRESET) {
      // The server has answered early (too large, too slow) and closed: its answer may still be there to be read.
      return;
    } else if (errno != EINTR) {
      throw_errno("send");
    }
  }
}

void HttpClient::finish_sending() {
  if (::shutdown(socket_.handle(), SHUT_WR) != 0) throw_errno("shutdown");
}

bool HttpClient::fill() {
  char buffer[16384];
  while (true) {
    const auto got = ::recv(socket_.handle(), buffer, sizeof buffer, 0);
    if (got > 0) unread_.append(buffer, static_cast<size_t>(got));
    if (got >= 0) return got > 0;
    if (errno == EAGAIN || errno == EWOULDBLOCK) throw HttpError("no answer in time");
    if (errno != EINTR) throw_errno("receive");
  }
}

std::string HttpClient::take_line() {
  size_t end;
  while ((end = unread_.find("\r\n")) == std::string::npos)
    if (!fill()) throw HttpError("the server closed the connection");
  return take(end + 2).substr(0, end);
}

std::string HttpClient::take(size_t size) {
  while (unread_.size() < size)
    if (!fill()) throw HttpError("the server closed the connection within an answer");
  std::string taken = unread_.substr(0, size);
  unread_.erase(0, size);
  return taken;
}

HttpResponse HttpClient::receive_interim() {
  if (!socket_) throw HttpError("not connected");
  HttpResponse response;
  const auto status = take_line();
  if (!status.starts_with("HTTP/1.") || status.size() < 12) throw HttpError("not a status line: '" + status + "'");
  response.status = static_cast<int>(to_size(status.substr(9, 3), 10));
  for (auto line = take_line(); !line.empty(); line = take_line()) {
    const auto colon = line.find(':');
    if (colon == std::string::npos) throw HttpError("not a header: '" + line + "'");
    const auto value = line.find_first_not_of(' ', colon + 1);
    response.headers.emplace_back(line.substr(0, colon), value == std::string::npos ? "" : line.substr(value));
  }
  return response;
}

HttpResponse HttpClient::receive(bool to_head) {
  auto response = receive_interim();
  while (response.status < 200) response = receive_interim();

  const auto length = response.header("Content-Length");
  if (to_head || response.status == 204 || response.status == 304) {
    // No body, whatever the headers say.
  } else if (same_word(response.header("Transfer-Encoding").value_or(""), "chunked")) {
    while (const auto size = to_size(take_line(), 16)) {
      response.body += take(size);
      take_line();
    }
    while (!take_line().empty()) {
    }
  } else if (length) {
    response.body = take(to_size(*length, 10));
  } else {
    while (fill()) {
    }
    response.body = std::exchange(unread_, {});
  }
  ending_ = same_word(response.header("Connection").value_or(""), "close");
  return response;
}

bool HttpClient::closed_by_server() {
  if (!socket_ || !unread_.empty()) return false;
  char byte;
  const auto got = ::recv(socket_.handle(), &byte, 1, MSG_PEEK);
  return got == 0 || (got < 0 && errno == ECONNRESET);
}

}  // namespace wxpipe::rig
