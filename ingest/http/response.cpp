#include "ingest/http/response.hpp"

#include <fmt/format.h>

#include <iterator>

namespace wxpipe::ingest::http {
namespace {
std::string_view phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 204:
      return "No Content";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    default:
      return "Unknown";
  }
}
}  // namespace

std::string_view DateHeader::at(std::time_t now) {
  if (now != second_) {
    second_ = now;
    std::tm parts{};
    gmtime_r(&now, &parts);
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    text_ = fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[parts.tm_wday], parts.tm_mday,
                        kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
  }
  return text_;
}

void write_response(const Reply& reply, std::string_view date, const ResponseOptions& options, std::string& out) {
  out.clear();
  fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\nDate: {}\r\n", reply.status, phrase(reply.status), date);
  if (!reply.body.empty()) {
    out += "Content-Type: ";
    out += reply.content_type;
    out += "\r\n";
  }
  if (reply.status != 204) fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", reply.body.size());
  if (reply.status == 405) out += "Allow: GET, POST\r\n";
  if (!options.keep_alive)
    out += "Connection: close\r\n";
  else if (options.http_1_0)
    out += "Connection: keep-alive\r\n";
  out += "\r\n";
  if (!options.without_body && reply.status != 204) out += reply.body;
}

}  // namespace wxpipe::ingest::http
