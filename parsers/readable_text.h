// Readable text of a mail, with what its source told about who wrote which stretch of it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace postern {

struct TextMark {
    enum class Role {
        quotation,    // of an earlier mail
        attribution,  // "On …, Ana wrote:", or a header that leads a quotation
        history,      // from here on nothing is newly written
        signature
    };
    Role role = Role::quotation;
    std::size_t begin = 0;  // in the text, at a line's begin where the source allows
    std::size_t end = 0;
};

struct ReadableText {
    std::string text;             // UTF-8, lines ended by LF
    std::vector<TextMark> marks;  // by begin; may nest
};

}  // namespace postern
