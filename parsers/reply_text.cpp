#include "parsers/reply_text.h"

namespace postern {

std::string newly_written(ReadableText const& text) {
    return text.text;
}

}  // namespace postern
