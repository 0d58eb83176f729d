// Where somebody came from, as the platform gave it: the scene of a QR code, the State of a contact link, the scene of
// a customer-service session. The account's configuration may know a channel for it.
#pragma once

#include <string_view>

#include "schemas/facts/event.hpp"

namespace wxpipe::processors {

// "qrscene_" is stripped, so that following through a QR code and scanning it later give the same scene. Empty: none. A
// view into the event.
std::string_view scene_of(const schemas::Event& event);

}  // namespace wxpipe::processors
