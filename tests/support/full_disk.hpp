// A disk that a test can fill: SQLite's own files, and nothing else, get "no space left" for every write while it is
// full. Install it before the first SQLite file is opened; it stays for the process.
#pragma once

namespace wxpipe::support {

class FullDisk {
 public:
  // Puts itself between SQLite and the system, once in a process.
  static void install();
  static void fill();
  static void free();
};

}  // namespace wxpipe::support
