#include "console/console_role.hpp"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>

#include "common/telemetry/log.hpp"
#include "console/api.hpp"
#include "console/assets.hpp"
#include "console/gate.hpp"
#include "console/guard.hpp"
#include "console/problems.hpp"
#include "console/server.hpp"

namespace wxpipe::console {
namespace {
constexpr std::string_view kApi = "/api/";

Response page(const Request& request) {
  const auto* asset = find_asset(request.path);
  if (asset == nullptr) return answer(Problem(404, "not_found", "there is no such page"));
  if (request.method != "GET" && request.method != "HEAD")
    return answer(Problem(405, "method", fmt::format("{} isn't possible here", request.method)));
  // Always asked again, and answered by a 304 while it is the same.
  Response response{
      .type = std::string(asset->type),
      .headers = {{"ETag", std::string(asset->etag)}, {"Cache-Control", "no-cache"}, {"Vary", "Accept-Encoding"}}};
  if (request.header("if-none-match").find(asset->etag) != std::string_view::npos) {
    response.status = 304;
    return response;
  }
  const bool gzip = !asset->gzipped.empty() && request.header("accept-encoding").find("gzip") != std::string_view::npos;
  if (gzip) response.headers.emplace_back("Content-Encoding", "gzip");
  response.body = gzip ? asset->gzipped : asset->bytes;
  return response;
}

class ConsoleRole : public runtime::Role {
 public:
  ConsoleRole(const runtime::RoleContext& context, const Clock& clock, const std::function<void(uint16_t)>& listening)
      : context_(context),
        gate_(context.settings.console, clock),
        api_(context.settings, clock, gate_),
        router_(api_.routes()),
        server_(
            context.settings.console, [this](const Request& request) { return immediate(request); },
            [this](const Request& request) { return call(request); }) {
    if (listening) listening(server_.port());
    context_.readiness.not_ready("console", "starting");
  }

  std::string_view name() const override { return "console"; }

  std::function<void()> prepare(const config::Settings& fresh) override { return api_.prepare(fresh); }

  void run(std::stop_token stop) override {
    server_.start();
    context_.readiness.ready("console");
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    never.wait(lock, stop, [] { return false; });
    context_.readiness.not_ready("console", "stopping");
    api_.stop();
    server_.stop();
  }

 private:
  // What needs no other server, and nobody's login.
  Response immediate(const Request& request) const {
    if (!names_us(request, context_.settings.console))
      return answer(Problem(421, "wrong_host", "this name is not in [console] hosts",
                            "Add the name by which the console is asked to [console] hosts."));
    return request.path.starts_with(kApi) ? Response{.status = 0} : page(request);
  }

  Response call(const Request& request) {
    const auto who = gate_.who(request);
    if (const auto refused = refused_as_cross_site(request, who ? std::optional(who->login) : std::nullopt))
      return answer(*refused);
    return router_.call(request, who);
  }

  const runtime::RoleContext context_;
  Gate gate_;
  Api api_;
  const Router router_;
  Server server_;
};
}  // namespace

std::unique_ptr<runtime::Role> make_console_role(const runtime::RoleContext& context, const Clock& clock,
                                                 const std::function<void(uint16_t)>& listening) {
  return std::make_unique<ConsoleRole>(context, clock, listening);
}

}  // namespace wxpipe::console
