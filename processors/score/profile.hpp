// What an event says of a lead besides what its rules give points for, under our own names. Forms: contact_name,
// contact_phone, contact_wechat, contact_email, company_name, province, city, utm_source … (the sender's spelling and
// nesting don't matter: schemas/contact_names.hpp). Texts: text_phone, text_email, text_wechat. Scenes and links:
// utm_…. What staff and customers did: status_contacted, status_converted, status_told (wxpipe.lead_status).
#pragma once

#include "schemas/facts/event.hpp"

namespace wxpipe::processors {

schemas::Attributes profile_of(const schemas::Event& event);

}  // namespace wxpipe::processors
