#pragma once

#include <cstdint>

namespace apical {

// HDF5's identifier (hid_t) of a file driver for files that are written and hardly read: what a
// dataset holds goes around the system's cache of files (O_DIRECT), about a megabyte at a time.
// Through the cache, a byte that is written for the first time costs a virtual machine up to sixty
// times as much of a processor. All else, and all that does not fill a block of the disk, goes
// through the cache; so does everything where a file system has no other way.
//
// A file has the same bytes as one that HDF5's own driver writes. Other programs, and files that
// are opened to read, need this driver for nothing.
std::int64_t direct_io_driver();

}  // namespace apical
