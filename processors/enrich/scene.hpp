// Where somebody came from, as the platform gave it: the scene of a QR code, the State of a contact link, the scene of
// a customer-service session. The account's configuration may know a channel for it.
#pragma once

#include <string_view>

#include "schemas/facts/event.hpp"

namespace wxpipe::processors {

// Removes "qrscene_": following by a QR code and scanning it later then give the same scene. Empty: none. A view into
// the event.
std::string_view scene_of(const schemas::Event& event);

}  // namespace wxpipe::processors
