// A disk that a test can fill: while it is full, SQLite's files (and no others) get "no space left" for every write.
// Install it before the first SQLite file is opened; it stays until the process ends.
#pragma once

namespace wxpipe::support {

class FullDisk {
 public:
  // Puts itself between SQLite and the system. Once per process.
  static void install();
  static void fill();
  static void free();
};

}  // namespace wxpipe::support
