// What a program makes of a question that it brings back: however it wraps and marks the lines, they give no word.
#include "daemon/admission_answer.h"

#include <catch2/catch.hpp>
#include <random>

#include "templates/templates.h"

using namespace postern;
using namespace std::string_literals;

namespace {

using Random = std::mt19937;

unsigned below(Random& random, unsigned end) {
    return static_cast<unsigned>(random() % end);
}

bool happens(Random& random, unsigned one_in) {
    return below(random, one_in) == 0;
}

QuestionFields question_about(std::vector<std::string> const& words, Random& random) {
    QuestionFields fields{"Acme Support", "Northwind", {}, TimePoint{std::chrono::days{20'000}}};
    for (auto const& word : words) {
        std::string subject;
        for (unsigned i = below(random, 12); i > 0; --i)
            subject += "the printer smokes again "s.substr(below(random, 20)) + ' ';
        fields.mails.push_back({"carl@northwind.example", subject, TimePoint{std::chrono::days{19'999}}, word});
    }
    return fields;
}

// A program that quotes: it marks no line, all or most of them, and wraps before or after it does.
struct Quoting {
    std::size_t width;
    bool marks, wraps_marked;
    unsigned forgets_one_in;

    explicit Quoting(Random& random)
        : width(20 + below(random, 80)),
          marks(happens(random, 2)),
          wraps_marked(happens(random, 2)),
          forgets_one_in(2 + below(random, 50)) {}

    std::string wrapped(std::string const& text) const {
        std::string result;
        std::size_t column = 0;
        for (char const c : text) {
            bool const breaks = c == ' ' && column >= width;
            result += breaks ? '\n' : c;
            column = breaks || c == '\n' ? 0 : column + 1;
        }
        return result;
    }
    std::string marked(std::string const& text, Random& random) const {
        std::string result;
        bool begins = true;
        for (char const c : text) {
            if (begins && !happens(random, forgets_one_in)) result += "> ";
            result += c;
            begins = c == '\n';
        }
        return result;
    }
    std::string quoted(std::string const& text, Random& random) const {
        if (!marks) return wrapped(text);
        return wraps_marked ? wrapped(marked(text, random)) : marked(wrapped(text), random);
    }
};

ParsedMessage read(std::string const& body) {
    return parse_message("From: lnd@northwind.example\nContent-Type: text/plain; charset=utf-8\n\n" + body);
}

}  // namespace

TEST_CASE("a program that brings the question back gives no word of it, however it wraps and marks") {
    auto const seed = GENERATE(range(0U, 2000U));
    Random random(seed);
    std::vector<TemplateError> errors;
    static auto const templates = Templates::load({}, errors);
    std::vector<std::string> words{"TULIP", "LEMON", "FALCON", "RABBIT"};
    words.resize(1 + below(random, 4));
    ResponseHeader header;
    header.from = header.to = {"", {"support", "acme.example"}};
    header.message_id = "<q@acme.example>";
    auto const text = templates.question(header, question_about(words, random), happens(random, 2) ? "en" : "de").text;
    Quoting const program(random);
    std::string body = happens(random, 3) ? "" : "I am away until Monday.\n\n";
    if (happens(random, 3)) body += "On Saturday Acme Support wrote:\n";
    body += program.quoted(text, random);
    if (happens(random, 3)) body += "\n\nThis is an automatic notice.\n";
    CAPTURE(seed, body);
    CHECK(given_words(read(body), text, words) == std::vector<std::string>{});
    CHECK(given_words(read(words[0] + "\n\n" + body), text, words) == std::vector{words[0]});
}
