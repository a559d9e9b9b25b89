#pragma once

#include <stdexcept>

namespace apical {

// Learning has left the range of numbers. what() is one line that says which settings to change.
class DivergenceError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace apical
