#pragma once

#include <string>

namespace apical {

// gnuplot's tics of a logarithmic axis from `least` to `most`, both above 0, such as
// `(1, 2, 5, 10)`: so many of 1, 1.5, 2, 3, 5 and 7 of each decade as have room.
std::string log_axis_tics(double least, double most);

}  // namespace apical
