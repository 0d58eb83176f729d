#include "operate/audit_log.hpp"

#include <openssl/rand.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

#include "common/config/environment.hpp"

namespace wxpipe::operate {

Operator this_operator() {
  const auto environment = config::process_environment();
  std::string name(environment.get("SUDO_USER"));
  if (name.empty()) {
    const auto* user = ::getpwuid(::geteuid());
    name = user == nullptr ? std::to_string(::geteuid()) : user->pw_name;
  }
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return {std::move(name), host.data()};
}

Uuid new_command_id() {
  Uuid id;
  if (RAND_bytes(id.bytes.data(), static_cast<int>(id.bytes.size())) != 1)
    throw std::runtime_error("OpenSSL has no random bytes");
  id.bytes[6] = static_cast<uint8_t>((id.bytes[6] & 0x0f) | 0x40);
  id.bytes[8] = static_cast<uint8_t>((id.bytes[8] & 0x3f) | 0x80);
  return id;
}

void write(postgres::Transaction& transaction, const Operator& who, const Operation& operation) {
  transaction.execute(
      "insert into audit_logs (command_id, operator, address, operation, operation_type, resource_type, resource_id, filter, "
      "affected, reason, details) values ($1::text::uuid, $2::text, $3::text, $4::text, $5::text, $6::text, nullif($7::text, ''), "
      "nullif($8::text, ''), $9::int8, nullif($10::text, ''), $11::text::jsonb)",
      postgres::Parameters()
          .text(to_string(operation.command_id))
          .text(who.name)
          .text(who.address)
          .text(operation.name)
          .text(operation.type)
          .text(operation.resource_type)
          .text(operation.resource_id)
          .text(operation.filter)
          .int8(operation.affected)
          .text(operation.reason)
          .text(operation.details));
}

}  // namespace wxpipe::operate
