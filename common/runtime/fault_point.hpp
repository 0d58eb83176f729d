// Places where a test build can be made to die or to stall: WXPIPE_FAULT="<name>:kill[:<hit>]" kills the process with
// SIGKILL when the place is reached for the hit-th time (default 1); "<name>:stall:<hit>" stops it with SIGSTOP. Several
// are separated by commas. In release builds the macro is nothing.
#pragma once

#ifdef WXPIPE_FAULT_POINTS
namespace wxpipe::runtime {
void reach_fault_point(const char* name);
}
#define WXPIPE_FAULT_POINT(name) ::wxpipe::runtime::reach_fault_point(name)
#else
#define WXPIPE_FAULT_POINT(name) static_cast<void>(0)
#endif
