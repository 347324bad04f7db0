#include "apps/slipway/listeners.h"

#include "slipway/net/tls.h"

namespace slipway::apps {
namespace {

// A port of 0 means the one of the server's last life, which jobs and gateways that go on know, if it is still free.
Result<std::unique_ptr<net::Server>> StartServer(net::ServerOptions options, uint16_t last_port,
                                                 const net::RequestHandler& handler) {
  if (options.port == 0 && last_port != 0) {
    net::ServerOptions again = options;
    again.port = last_port;
    if (auto server = net::Server::Start(again, handler)) return server;
  }
  return net::Server::Start(options, handler);
}

}  // namespace

Result<std::unique_ptr<Listeners>> Listeners::Bind(const ServeOptions& options, const Home& home, const Clock& clock) {
  std::unique_ptr<Listeners> listeners(new Listeners);
  const auto handler = [raw = listeners.get()](const net::Request& request) { return raw->Handle(request); };
  const ServerPorts last = home.LastPorts();
  net::ServerOptions plain;
  plain.port = options.port;
  SLIPWAY_ASSIGN_OR_RETURN(listeners->plain_, StartServer(plain, last.plain, handler));
  SLIPWAY_ASSIGN_OR_RETURN(const net::LocalCertificates certificates,
                           net::EnsureLocalCertificates(home / "tls", options.dns_names, clock));
  net::ServerOptions tls;
  tls.address = options.tls_address;
  tls.port = options.tls_port;
  tls.tls = net::TlsFiles{certificates.certificate.string(), certificates.private_key.string()};
  SLIPWAY_ASSIGN_OR_RETURN(listeners->tls_, StartServer(tls, last.tls, handler));
  return listeners;
}

net::Response Listeners::Handle(const net::Request& request) const {
  if (const api::FrontDoor* door = door_.load()) return door->Handle(request);
  net::Response response =
      net::Response::Json(503, R"({"error":{"code":"ServiceUnavailable","message":"the server is starting"}})");
  response.headers.Set("Retry-After", "1");
  return response;
}

void Listeners::Stop() {
  plain_->Stop();
  tls_->Stop();
}

}  // namespace slipway::apps
