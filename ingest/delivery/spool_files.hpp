// The files of one instance's spool, and their rights: callbacks lie in them as they were decrypted.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>

namespace wxpipe::ingest {

struct SpoolFiles {
  SpoolFiles(const std::filesystem::path& directory, const std::string& instance);

  std::filesystem::path file, wal, shm;  // SQLite's
  std::filesystem::path lock;            // held by the process that uses the spool
  std::filesystem::path ledger;          // SpoolLedger's
  std::filesystem::path building;        // a spool that is made from a damaged one, not finished
  std::filesystem::path built;           // finished; takes the spool's place
};

// Whether the folder is there and others than its owner have rights to it.
bool is_open_to_others(const std::filesystem::path& folder);

// For this user alone. Folders above it are made as everybody else's are.
void make_private_folder(const std::filesystem::path& directory, std::error_code& trouble);

// Makes an empty file if there is none, and closes to others what an earlier run left open. Call it before SQLite opens
// the file: closing it here would drop SQLite's locks.
void make_private_file(const SpoolFiles& files);

// Makes new names in the folder last. Throws std::system_error.
void sync_folder(const std::filesystem::path& folder);

}  // namespace wxpipe::ingest
