#include "daemon/question_words.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <system_error>
#include <utility>

namespace postern {

namespace {

constexpr std::array<std::string_view, 128> words{
    "ANCHOR",  "ANVIL",   "APRICOT", "BARREL", "BASKET",  "BEACON",  "BEETLE",  "BISCUIT", "BLANKET",  "BRIDGE",
    "BUCKET",  "BUTTON",  "CABIN",   "CACTUS", "CANDLE",  "CANYON",  "CARPET",  "CARROT",  "CASTLE",   "CELLAR",
    "CHERRY",  "CHIMNEY", "CIRCLE",  "CLOVER", "COBALT",  "COFFEE",  "COMPASS", "COPPER",  "CORNER",   "COTTON",
    "CRAYON",  "CURTAIN", "CUSHION", "DESERT", "DIAMOND", "DOLPHIN", "DRAGON",  "ELBOW",   "ENGINE",   "FALCON",
    "FEATHER", "FERRY",   "FLUTE",   "FOREST", "FOSSIL",  "FUNNEL",  "GALAXY",  "GARDEN",  "GARLIC",   "GLACIER",
    "GOBLET",  "GRAVEL",  "GUITAR",  "HAMMER", "HARBOUR", "HELMET",  "HONEY",   "HURDLE",  "ICICLE",   "ISLAND",
    "IVORY",   "JACKET",  "JIGSAW",  "JUNGLE", "KETTLE",  "KITCHEN", "LADDER",  "LAGOON",  "LANTERN",  "LEMON",
    "LENTIL",  "LOBSTER", "MAGNET",  "MARBLE", "MEADOW",  "MIRROR",  "MITTEN",  "MOSAIC",  "MUFFIN",   "MUSTARD",
    "NAPKIN",  "NEEDLE",  "NICKEL",  "NUTMEG", "ORANGE",  "ORCHARD", "OYSTER",  "PADDLE",  "PALACE",   "PEBBLE",
    "PENCIL",  "PEPPER",  "PILLOW",  "PLANET", "POCKET",  "POTATO",  "PUZZLE",  "PYRAMID", "QUARRY",   "RABBIT",
    "RAFTER",  "RIBBON",  "ROCKET",  "SADDLE", "SALMON",  "SCARF",   "SHUTTLE", "SILVER",  "SPIRAL",   "SPONGE",
    "SUMMIT",  "TEAPOT",  "THIMBLE", "TIMBER", "TROPHY",  "TULIP",   "TUNNEL",  "TURTLE",  "UMBRELLA", "VALLEY",
    "VELVET",  "VIOLIN",  "WAFFLE",  "WALNUT", "WHISTLE", "WINDOW",  "YOGURT",  "ZEBRA"};

std::uint64_t random_bits() {
    std::uint64_t bits = 0;
    while (::getrandom(&bits, sizeof bits, 0) != sizeof bits) {
        if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    return bits;
}

}  // namespace

std::vector<std::string> draw_words(std::size_t count) {
    auto left = words;
    std::vector<std::string> drawn;
    for (std::size_t i = 0; i < std::min(count, left.size()); ++i) {
        std::swap(left[i], left[i + random_bits() % (left.size() - i)]);
        drawn.emplace_back(left[i]);
    }
    return drawn;
}

}  // namespace postern
