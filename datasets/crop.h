#pragma once

#include <array>
#include <cstdint>

namespace apical {

// Random crops and flips. Nothing here draws random numbers: the caller, who owns the random
// streams of a run, gives 128 random bits for each showing of an example (an epoch and an index),
// and a crop is a function of those bits and of the room that there is. So a crop depends neither
// on threads, nor on the order or the batch that an example comes in, nor on what happens to others
// (an image that is skipped takes no numbers from the next), and every kind of data set takes the
// same bits.

using RandomBits = std::array<std::uint32_t, 4>;

// Where a crop starts, in pixels from the upper left corner of what it is taken from, and whether
// it is then mirrored left to right.
struct Crop {
  int x = 0;
  int y = 0;
  bool flipped = false;

  friend bool operator==(const Crop&, const Crop&) = default;
};

// Uniform in [0, bound), but for a bias below bound / 2^32.
inline int scaled_to(std::uint32_t word, int bound) {
  return static_cast<int>((std::uint64_t{word} * static_cast<std::uint32_t>(bound)) >> 32);
}

// The room is how many pixels the source is larger than the crop, across and down, 0 at least.
// Word 0 gives x in [0, room_x], word 1 y in [0, room_y], the top bit of word 2 the flip.
inline Crop random_crop(const RandomBits& bits, int room_x, int room_y, bool flips) {
  return {.x = scaled_to(bits[0], room_x + 1),
          .y = scaled_to(bits[1], room_y + 1),
          .flipped = flips && (bits[2] >> 31) != 0};
}

// The middle, and of two the upper left; never flipped.
inline Crop centre_crop(int room_x, int room_y) {
  return {.x = room_x / 2, .y = room_y / 2, .flipped = false};
}

}  // namespace apical
