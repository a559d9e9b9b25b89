#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace apical {

// Something wrong in an experiment file, or in an option that changes the experiment.
struct Mistake {
  std::string where;  // FILE:LINE, FILE if it cannot be read, or the option as it was typed
  std::string what;   // what is wrong, with the field's name and value
  std::string fix;    // what would be right; may be empty
  int order = 0;      // mistakes are listed by line, then those of options in the options' order
};

// One line, `where: what; fix`.
std::string to_string(const Mistake& mistake);

// An experiment that cannot be run. what() has a line for each mistake.
class ModelFileError : public std::runtime_error {
 public:
  // `mistakes` has at least one.
  explicit ModelFileError(std::vector<Mistake> mistakes);

  const std::vector<Mistake>& mistakes() const { return mistakes_; }

 private:
  std::vector<Mistake> mistakes_;
};

// Sorts by `order`, keeping the order of mistakes of the same line, and removes repetitions.
void sort_mistakes(std::vector<Mistake>& mistakes);

// The known name of which `given` is likely a misspelling.
std::optional<std::string> nearest_name(std::string_view given,
                                        const std::vector<std::string>& known);

// What to write in place of `given`: "did you mean `x`?" when a known name is close to it, else
// "known: `x`, `y`"; empty if nothing is known.
std::string suggestion(std::string_view given, const std::vector<std::string>& known);

}  // namespace apical
