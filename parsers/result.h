// Parsed<T>: what every parser of one value returns. Bad input is a value, not an exception.
// Whole-mail parsers (message.h) are total instead: they return a value and a list of defects.
#pragma once

#include <boost/system/result.hpp>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace postern {

struct ParseError {
    std::string what;        // for people, without the offending octets
    std::size_t offset = 0;  // in octets from the start of the text that was parsed
};

template <class T>
using Parsed = boost::system::result<T, ParseError>;

// Lets Parsed<T>::value() throw, as Boost.System asks for error types that are not its own.
[[noreturn]] inline void throw_exception_from_error(ParseError const& error, boost::source_location const&) {
    throw std::runtime_error(error.what);
}

}  // namespace postern
